"""Spans sent to a collector over OTLP; the extra `tracing` has the packages, which are imported only for that.

The SDK's own variables (OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER, OTEL_EXPORTER_OTLP_HEADERS, …) hold too.
"""

from __future__ import annotations

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from pydantic import HttpUrl

from gateway import __version__


def sending_to(endpoint: HttpUrl) -> TracerProvider:
    """A provider whose spans go to `endpoint` in the background; what is not taken there is dropped."""
    ours = Resource.create({SERVICE_NAME: "paddleocr-vl-gateway", SERVICE_VERSION: __version__})
    # The environment has the last word: OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES.
    provider = TracerProvider(resource=ours.merge(OTELResourceDetector().detect()), shutdown_on_exit=False)
    exporter = OTLPSpanExporter(f"{str(endpoint).rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider
