"""What the gateway counts of jobs."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from gateway.errors import GatewayError
from gateway.metrics import Metrics

_SECONDS = (1, 5, 15, 60, 300, 900, 3600, 14_400)


class JobMetrics:
    """Counters, gauges and histograms beside those of `metrics`, all named ocr_gateway_job…"""

    def __init__(self, metrics: Metrics) -> None:
        registry = metrics.registry
        self._errors = metrics.errors
        self.taken_in = Counter("ocr_gateway_jobs_taken_in", "Jobs taken in.", registry=registry)
        self.ended = Counter(
            "ocr_gateway_jobs", "Jobs that ended here: done, failed or cancelled.", ("status",), registry=registry
        )
        # From 0 on: Prometheus sees no increase in a series that begins with its first count.
        for status in ("done", "failed", "cancelled"):
            self.ended.labels(status)
        self.brought_back = Counter(
            "ocr_gateway_jobs_brought_back", "Turns given to jobs that nobody read any more.", registry=registry
        )
        self.waiting = Gauge(
            "ocr_gateway_jobs_waiting", "Jobs that wait, of all gateways that share them.", registry=registry
        )
        self.running = Gauge("ocr_gateway_jobs_running", "Jobs that this gateway runs.", registry=registry)
        self.seconds = Histogram(
            "ocr_gateway_job_seconds",
            "Seconds that jobs ran, from the start of their last attempt.",
            buckets=_SECONDS,
            registry=registry,
        )

    def over(self, error: GatewayError | None) -> None:
        """Count a job that this gateway ended: done, or failed by `error`, which counts among the errors too."""
        self.ended.labels("done" if error is None else "failed").inc()
        if error is not None:
            self._errors.labels(error.code).inc()
