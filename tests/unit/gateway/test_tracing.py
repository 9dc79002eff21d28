"""Traces: a span a request, a span a stage, in the client's own trace where it has one."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from pydantic import HttpUrl
from tritonclient.utils import InferenceServerException

from gateway.app import create_app
from gateway.settings import Settings
from tests.collector import Collector, Span, collecting

from .conftest import as_json, error_of
from .documents import A4, encoded, pdf, picture
from .fake_triton import FakeTriton

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture
def traced(collector: Collector, triton: FakeTriton) -> Iterator[TestClient]:
    """A gateway that traces; its spans are sent when it stops."""
    settings = Settings(render_workers=1, retry_seconds=0, otel_exporter_otlp_endpoint=HttpUrl(collector.url))
    with TestClient(create_app(settings, triton), raise_server_exceptions=False) as client:
        yield client


def stopped(client: TestClient, collector: Collector) -> dict[str, list[Span]]:
    """The spans of a gateway that was stopped, by their names."""
    client.app.state.metrics.tracer.close()  # type: ignore[attr-defined]
    names = dict.fromkeys(span.name for span in collector.spans)
    return {name: [span for span in collector.spans if span.name == name] for name in names}


def test_stages_lie_in_the_request_and_that_in_the_clients_trace(traced: TestClient, collector: Collector) -> None:
    sent = {"traceparent": f"00-{TRACE}-{PARENT}-01", "X-Request-Id": "r-1"}
    assert traced.post("/ocr", **as_json(pdf(A4, A4), dpi=36), headers=sent).status_code == 200
    spans = stopped(traced, collector)
    (request,) = spans.pop("POST /ocr")
    assert (request.trace, request.parent, request.service) == (TRACE, PARENT, "paddleocr-vl-gateway")
    assert request.attributes["http.response.status_code"] == "200"
    assert request.attributes["request_id"] == "r-1"
    assert {name: len(found) for name, found in spans.items()} == {
        "receive": 1,
        "render": 2,
        "infer": 2,
        "restructure": 1,
    }
    assert {span.attributes["page"] for span in spans["infer"]} == {"1", "2"}
    assert {(span.trace, span.parent) for found in spans.values() for span in found} == {(TRACE, request.id)}


def test_a_request_without_a_trace_begins_one_and_its_log_line_names_it(
    traced: TestClient, collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="gateway.access"):
        traced.post("/ocr", **as_json(encoded(picture())))
    (request,) = stopped(traced, collector)["POST /ocr"]
    assert request.parent == ""
    assert caplog.records[-1].__dict__["fields"]["trace_id"] == request.trace


def test_an_error_leaves_its_code_and_nothing_of_the_document(
    traced: TestClient, collector: Collector, triton: FakeTriton
) -> None:
    triton.failures["ocr"] = InferenceServerException("[engine_failure] CONTENT")
    assert error_of(traced.post("/ocr", **as_json(encoded(picture()))))["code"] == "engine_failure"
    triton.failures["ocr"] = ZeroDivisionError("CONTENT")
    assert error_of(traced.post("/ocr", **as_json(encoded(picture()))))["code"] == "internal_error"
    spans = stopped(traced, collector)
    assert [span.attributes["error.type"] for span in spans["infer"]] == ["engine_failure", "internal_error"]
    assert [span.attributes["http.response.status_code"] for span in spans["POST /ocr"]] == ["502", "500"]
    assert "CONTENT" not in "".join(span.raw for span in collector.spans)


def test_questions_about_the_server_are_not_traced(traced: TestClient, collector: Collector) -> None:
    for path in ("/livez", "/health", "/metrics", "/nothing"):
        traced.get(path)
    assert list(stopped(traced, collector)) == ["GET"]


@pytest.mark.parametrize(("flags", "carried"), [("01", True), ("00", False)])
def test_what_the_client_does_not_keep_triton_is_not_told(
    traced: TestClient, triton: FakeTriton, flags: str, carried: bool
) -> None:
    told: list[dict[str, str]] = []

    async def note(_: int) -> None:
        told.append(traced.app.state.metrics.tracer.headers())  # type: ignore[attr-defined]

    triton.on_page = note
    headers = {"traceparent": f"00-{TRACE}-{PARENT}-{flags}"}
    assert traced.post("/ocr", **as_json(encoded(picture())), headers=headers).status_code == 200
    assert [TRACE in header.get("traceparent", "") for header in told] == [carried]


def test_a_stream_is_one_request(traced: TestClient, collector: Collector) -> None:
    answer = traced.post("/ocr", **as_json(pdf(A4, A4), dpi=36), headers={"Accept": "application/x-ndjson"})
    assert len(answer.text.splitlines()) == 4
    spans = stopped(traced, collector)
    assert {span.parent for span in spans["infer"]} == {spans["POST /ocr"][0].id}


def test_a_collector_that_is_away_costs_nothing_but_its_spans(triton: FakeTriton) -> None:
    settings = Settings(render_workers=1, otel_exporter_otlp_endpoint=HttpUrl("http://127.0.0.1:9"))
    with TestClient(create_app(settings, triton)) as client:
        assert client.post("/ocr", **as_json(encoded(picture()))).status_code == 200


def test_the_sdk_is_needed_only_where_it_is_asked_for() -> None:
    code = """if True:
        import sys
        sys.modules["opentelemetry.exporter.otlp"] = None
        from gateway.app import create_app
        from gateway.settings import Settings, SettingsError
        create_app(Settings())
        try:
            create_app(Settings(otel_exporter_otlp_endpoint="http://127.0.0.1:4318"))
        except SettingsError as error:
            print(error)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "install the extra tracing" in done.stdout
