"""Traces by OpenTelemetry, sent over OTLP; the extra `tracing` has its packages.

The SDK's own variables (OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER, OTEL_EXPORTER_OTLP_HEADERS, …) hold too.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span as OtelSpan
from opentelemetry.trace import SpanKind, Status, StatusCode, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from pydantic import HttpUrl
from starlette.datastructures import Headers
from starlette.types import Scope

from gateway import __version__
from gateway.errors import GatewayError
from gateway.tracing import Attributes, Span, Tracer

_CLOSE_SECONDS = 3.0
"""What the last spans may take on their way out; a collector that is down must not hold up the stop."""
_UNTRACED = ("/livez", "/health", "/metrics")
"""What is asked every few seconds, and tells nothing of a document."""


class OpenTelemetryTracer(Tracer):
    """Sends the spans of requests to a collector, in the background; what it does not take is dropped."""

    def __init__(self, endpoint: HttpUrl) -> None:
        named = {SERVICE_NAME: "paddleocr-vl-gateway", SERVICE_VERSION: __version__}
        self._provider = TracerProvider(
            resource=Resource.create(named).merge(OTELResourceDetector().detect()), shutdown_on_exit=False
        )
        exporter = OTLPSpanExporter(f"{str(endpoint).rstrip('/')}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("gateway")
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def request(self, scope: Scope) -> Iterator[Span]:
        """A span for the request, under the client's own where it sent a traceparent."""
        if scope["path"] in _UNTRACED:
            yield Span()
            return
        context = self._propagator.extract(Headers(scope=scope))
        attributes = {"http.request.method": scope["method"], "ocr.request_id": scope["state"]["request_id"]}
        # An exception's text may hold what stands in a document; the log has it, where an operator wants it.
        with self._tracer.start_as_current_span(
            scope["method"],
            context,
            SpanKind.SERVER,
            attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            yield _RequestSpan(span, scope["method"])

    @contextmanager
    def stage(self, name: str, attributes: Attributes) -> Iterator[None]:
        """A span under the current one; an error leaves its code in it."""
        with self._tracer.start_as_current_span(
            name, attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except Exception as error:
                span.set_attribute("error.type", error.code if isinstance(error, GatewayError) else "internal_error")
                span.set_status(Status(StatusCode.ERROR))
                raise

    def headers(self) -> dict[str, str]:
        """The current span as traceparent; nothing where it is not kept, for Triton would keep its own part."""
        carrier: dict[str, str] = {}
        if get_current_span().is_recording():
            self._propagator.inject(carrier)
        return carrier

    def close(self) -> None:
        """Send what is left, for three seconds at most."""
        closing = threading.Thread(target=self._provider.shutdown, name="traces", daemon=True)
        closing.start()
        closing.join(_CLOSE_SECONDS)


class _RequestSpan(Span):
    def __init__(self, span: OtelSpan, method: str) -> None:
        self._span = span
        self._method = method
        self.trace_id = f"{span.get_span_context().trace_id:032x}"

    def answered(self, route: str, status: int) -> None:
        self._span.update_name(f"{self._method} {route}")
        self._span.set_attributes({"http.route": route, "http.response.status_code": status})
        if status >= 500:
            self._span.set_status(Status(StatusCode.ERROR))
