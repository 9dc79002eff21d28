"""Traces: which request spent which time where. `Tracer` keeps none; `gateway.otel` has the one that sends them on.

with tracer.request(scope) as span:
    with tracer.stage("render", {"ocr.page": 3}):
        ...
    span.answered("/ocr", 200)
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

from starlette.types import Scope

from gateway.settings import Settings, SettingsError

Attributes = Mapping[str, str | int]


class Span:
    """A request in a trace; this one is in none."""

    trace_id: str | None = None
    """32 hexadecimal digits, by which a collector finds it."""

    def answered(self, route: str, status: int) -> None:
        """Tell by which route it was answered, and how."""


class Tracer:
    """Traces nothing."""

    def request(self, scope: Scope) -> AbstractContextManager[Span]:  # noqa: ARG002 - for those that trace
        """The whole of a request; part of the client's own trace where it names one (traceparent)."""
        return nullcontext(Span())

    def stage(self, name: str, attributes: Attributes) -> AbstractContextManager[None]:  # noqa: ARG002
        """A part of the request that this task works on."""
        return nullcontext()

    def headers(self) -> dict[str, str]:
        """What a call made now must carry, so that its callee goes on with the trace (W3C Trace Context)."""
        return {}

    def close(self) -> None:
        """Send what is left. Blocks, for seconds at most."""


def tracer(settings: Settings) -> Tracer:
    """The tracer that `settings` ask for.

    Raises SettingsError when its packages are missing.
    """
    if settings.otel_exporter_otlp_endpoint is None:
        return Tracer()
    try:
        from gateway.otel import OpenTelemetryTracer
    except ImportError:
        raise SettingsError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry's packages are missing: install the extra tracing"
        ) from None
    return OpenTelemetryTracer(settings.otel_exporter_otlp_endpoint)
