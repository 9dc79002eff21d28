"""What the gateway counts, in a registry of its own, for GET /metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600)


class Metrics:
    """Counters, gauges and histograms, all named ocr_gateway_…"""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
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
            "ocr_gateway_errors", "Answers that are errors, by their code.", ("code",), registry=self.registry
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

    def watch(self, name: str, text: str, value: Callable[[], float]) -> None:
        """A gauge whose value is asked for when it is read."""
        Gauge(f"ocr_gateway_{name}", text, registry=self.registry).set_function(value)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure a stage of a request: receive, render, infer, restructure, save or upload."""
        start = time.perf_counter()
        with self.stage_in_flight.labels(name).track_inprogress():
            try:
                yield
            finally:
                self.stage_seconds.labels(name).observe(time.perf_counter() - start)

    def exposition(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)
