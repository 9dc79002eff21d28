"""What the gateway counts, in a registry of its own, for GET /metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from gateway.access.clients import key_of
from gateway.error_status import BY_CODE
from gateway.tracing import Tracer, untraced

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600)


class Metrics:
    """Counters, gauges and histograms, all named ocr_gateway_…, and the process's own; `tracer` traces the stages."""

    def __init__(self, tracer: Tracer | None = None) -> None:
        self.tracer = tracer or untraced()
        self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self.requests = Counter(
            "ocr_gateway_requests", "Requests answered.", ("path", "method", "status"), registry=self.registry
        )
        self.request_seconds = Histogram(
            "ocr_gateway_request_seconds",
            "Seconds from a request's arrival to the end of its answer.",
            ("path",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.errors = Counter(
            "ocr_gateway_errors",
            "Answers that are errors and jobs that failed, by code.",
            ("code",),
            registry=self.registry,
        )
        self.pages = Counter("ocr_gateway_pages", "Pages read.", registry=self.registry)
        self.skipped = Counter(
            "ocr_gateway_pages_skipped",
            "Pages left out, by their error.",
            ("code",),
            registry=self.registry,
        )
        self.retries = Counter(
            "ocr_gateway_retries",
            "Calls sent again, by what hindered them.",
            ("code",),
            registry=self.registry,
        )
        self.tokens = Counter("ocr_gateway_tokens", "Tokens decoded.", registry=self.registry)
        self.document_bytes = Counter(
            "ocr_gateway_document_bytes", "Bytes of documents taken in.", registry=self.registry
        )
        self.stage_seconds = Histogram(
            "ocr_gateway_stage_seconds", "Seconds by stage.", ("stage",), buckets=_SECONDS, registry=self.registry
        )
        self.stage_in_flight = Gauge(
            "ocr_gateway_stage_in_flight", "Work under way by stage.", ("stage",), registry=self.registry
        )
        self.renderers = Gauge("ocr_gateway_renderers", "Processes that draw pages.", registry=self.registry)
        self.renderers_ended = Counter(
            "ocr_gateway_renderers_ended",
            "Drawing processes that were replaced: crashed, timed_out, cancelled or recycled.",
            ("reason",),
            registry=self.registry,
        )
        self.received_bytes = Counter(
            "ocr_gateway_received_bytes", "Bytes of the bodies of requests.", ("path",), registry=self.registry
        )
        self.sent_bytes = Counter(
            "ocr_gateway_sent_bytes", "Bytes of the bodies of answers.", ("path",), registry=self.registry
        )
        self._key_requests = Counter(
            "ocr_gateway_key_requests", "Requests answered, by API key.", ("key", "status"), registry=self.registry
        )
        self._key_pages = Counter("ocr_gateway_key_pages", "Pages read, by API key.", ("key",), registry=self.registry)
        self._key_bytes = Counter(
            "ocr_gateway_key_document_bytes", "Bytes of documents, by API key.", ("key",), registry=self.registry
        )
        self.rate_limits_unshared = Counter(
            "ocr_gateway_rate_limits_unshared",
            "Documents that this gateway counted alone, because Redis failed.",
            registry=self.registry,
        )
        # From 0 on: Prometheus sees no increase in a series that begins with its first count.
        for code in BY_CODE:
            self.errors.labels(code)
        for reason in ("crashed", "timed_out", "cancelled", "recycled"):
            self.renderers_ended.labels(reason)
        self.loop_lag_seconds = Histogram(
            "ocr_gateway_event_loop_lag_seconds",
            "Seconds by which the event loop came too late to a timer.",
            buckets=_SECONDS,
            registry=self.registry,
        )

    def watch(self, name: str, text: str, value: Callable[[], float]) -> None:
        """A gauge whose value is asked for when it is read."""
        Gauge(f"ocr_gateway_{name}", text, registry=self.registry).set_function(value)

    def answered(self, path: str, method: str, status: int, client: str) -> None:
        """Count a request: `path` is a route's pattern, `client` who sent it."""
        self.requests.labels(path, method, status).inc()
        if key := key_of(client):
            self._key_requests.labels(key, status).inc()

    def page_read(self, client: str) -> None:
        """Count a page."""
        self.pages.inc()
        if key := key_of(client):
            self._key_pages.labels(key).inc()

    def document_received(self, size: int, client: str) -> None:
        """Count the bytes of a document."""
        self.document_bytes.inc(size)
        if key := key_of(client):
            self._key_bytes.labels(key).inc(size)

    @contextmanager
    def stage(self, name: str, **attributes: str | int) -> Iterator[None]:
        """Measure and trace a stage of a request: receive, render, infer, restructure, save or upload."""
        start = time.perf_counter()
        with self.tracer.stage(name, attributes), self.stage_in_flight.labels(name).track_inprogress():
            try:
                yield
            finally:
                self.stage_seconds.labels(name).observe(time.perf_counter() - start)

    def exposition(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)
