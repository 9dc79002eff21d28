"""Traces by OpenTelemetry: FastAPI makes the span of a request, this those of its stages.

    app = FastAPI(telemetry=tracer.telemetry)
    with tracer.stage("render", {"page": 3}):
        ...

Nothing is kept unless OTEL_EXPORTER_OTLP_ENDPOINT is set.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any

from fastapi.telemetry import TelemetryConfig
from opentelemetry.trace import (
    NoOpTracerProvider,
    Status,
    StatusCode,
    TracerProvider,
    format_trace_id,
    get_current_span,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from gateway.errors import GatewayError
from gateway.settings import Settings, SettingsError

_CLOSE_SECONDS = 3.0
"""What the last spans may take on their way out; a collector that is down must not hold up the stop."""
_UNTRACED = ("/livez", "/health", "/metrics")
"""What is asked every few seconds, and tells nothing of a document."""


class Tracer:
    """Makes spans with `provider`, which `close` ends."""

    def __init__(self, provider: TracerProvider, close: Callable[[], None]) -> None:
        self._provider = provider
        self._close = close
        self._tracer = provider.get_tracer("gateway")
        self._propagator = TraceContextTextMapPropagator()

    @property
    def telemetry(self) -> TelemetryConfig:
        """What FastAPI does of it: a span a request, under the client's own where it sent a traceparent."""
        return {
            "tracer_provider": self._provider,
            "metrics": False,
            # These would have the texts of exceptions, and so perhaps of documents.
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
            "exclude": _is_untraced,
        }

    def request(self, request_id: str) -> str | None:
        """Put the request's id into its span; the id of its trace, or None where none is kept."""
        span = get_current_span()
        if not span.is_recording():
            return None
        span.set_attribute("request_id", request_id)
        return format_trace_id(span.get_span_context().trace_id)

    @contextmanager
    def stage(self, name: str, attributes: Mapping[str, str | int]) -> Iterator[None]:
        """A span under the current one; an error leaves its code in it, and not its text."""
        with self._tracer.start_as_current_span(
            name, attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except Exception as error:
                span.set_attribute("error.type", error.code if isinstance(error, GatewayError) else GatewayError.code)
                span.set_status(Status(StatusCode.ERROR))
                raise

    def headers(self) -> dict[str, str]:
        """What a call made now carries, so that its callee goes on with the trace (W3C Trace Context).

        Nothing where the span is not kept: Triton would keep its own part.
        """
        carrier: dict[str, str] = {}
        if get_current_span().is_recording():
            self._propagator.inject(carrier)
        return carrier

    def close(self) -> None:
        """Send what is left. Blocks for three seconds at most."""
        closing = threading.Thread(target=self._close, name="traces", daemon=True)
        closing.start()
        closing.join(_CLOSE_SECONDS)


def tracer(settings: Settings) -> Tracer:
    """The tracer that `settings` ask for.

    Raises SettingsError when its packages are missing.
    """
    if settings.otel_exporter_otlp_endpoint is None:
        return untraced()
    try:
        from gateway.otlp import sending_to
    except ImportError:
        raise SettingsError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry's SDK is missing: install the extra tracing"
        ) from None
    provider = sending_to(settings.otel_exporter_otlp_endpoint)
    return Tracer(provider, provider.shutdown)


def untraced() -> Tracer:
    """A tracer that keeps nothing."""
    return Tracer(NoOpTracerProvider(), lambda: None)


def _is_untraced(scope: MutableMapping[str, Any]) -> bool:
    return scope["path"] in _UNTRACED
