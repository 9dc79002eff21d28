"""One trace from the client through the gateway into Triton, as a collector gets it."""

from __future__ import annotations

import time

import httpx2 as httpx
import pytest

from tests.collector import collecting
from tests.product import running

TRACE, CLIENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture(scope="module")
def traced(tmp_path_factory):
    """The product, and the collector that it sends its traces to."""
    with (
        collecting() as collector,
        running(
            tmp_path_factory.mktemp("traced"), OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_BSP_SCHEDULE_DELAY="200"
        ) as stack,
        httpx.Client(base_url=stack.gateway_url, timeout=120) as client,
    ):
        yield client, collector


def test_a_page_is_traced_into_triton(traced, page_image):
    client, collector = traced
    headers = {"traceparent": f"00-{TRACE}-{CLIENT}-01"}
    assert client.post("/ocr", files={"file": page_image}, headers=headers).status_code == 200
    spans = collector.wait_for(
        lambda spans: {"POST /ocr", "InferRequest"} <= {span.name for span in spans if span.trace == TRACE}
    )
    trace = {span.name: span for span in spans if span.trace == TRACE}
    path = []
    span = trace["compute"]
    while span is not None:
        path.append((span.service, span.name))
        parent = span.parent
        span = next((other for other in trace.values() if other.id == parent), None)
    assert path == [
        ("paddleocr-vl-triton", "compute"),
        ("paddleocr-vl-triton", "ocr"),
        ("paddleocr-vl-triton", "InferRequest"),
        ("paddleocr-vl-gateway", "infer"),
        ("paddleocr-vl-gateway", "POST /ocr"),
    ]
    assert parent == CLIENT


def test_canaries_are_not_traced(traced, page_image):
    client, collector = traced
    before = len(collector.spans)
    for _ in range(3):
        assert client.get("/health").status_code == 200
        time.sleep(0.6)
    # Triton sends spans in their order: with these would come all that it had kept of the canaries.
    trace = TRACE[::-1]
    client.post("/ocr", files={"file": page_image}, headers={"traceparent": f"00-{trace}-{CLIENT}-01"})
    collector.wait_for(lambda spans: any((span.trace, span.name) == (trace, "InferRequest") for span in spans))
    assert {span.trace for span in collector.spans[before:]} == {trace}
