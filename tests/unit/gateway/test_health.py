"""GET /health, /, /livez and /metrics."""

from __future__ import annotations

import asyncio
import socket
import threading
import time

import pytest
from fastapi.testclient import TestClient
from tritonclient.utils import InferenceServerException

from gateway import __version__
from gateway.app import create_app
from gateway.settings import Settings

from .conftest import Start, as_json
from .documents import A4, encoded, pdf, picture
from .fake_triton import FakeTriton

PNG = encoded(picture())


def test_all_is_well(client: TestClient) -> None:
    response = client.get("/health")
    health = response.json()
    assert (response.status_code, health["status"], health["triton"]["status"]) == (200, "ok", "ok")
    assert {name: check["status"] for name, check in health["models"].items()} == {
        "layout": "ok",
        "vlm": "ok",
        "ocr": "ok",
    }
    assert health["s3"] is None
    assert (health["engine"], health["model"]) == ("fake", "fake 1")


@pytest.mark.parametrize("model", ["layout", "vlm", "ocr"])
def test_a_dead_model_is_503(client: TestClient, triton: FakeTriton, model: str) -> None:
    triton.failures[model] = InferenceServerException("Stub process is not healthy.", status="500")
    response = client.get("/health")
    assert response.status_code == 503
    assert response.json()["models"][model]["status"] == "failed"
    assert client.get("/livez").status_code == 200


def test_a_triton_that_is_not_ready_is_503(client: TestClient, triton: FakeTriton) -> None:
    triton.ready = False
    response = client.get("/health")
    assert response.status_code == 503
    assert "TRITON_URL" in response.json()["triton"]["message"]


def test_no_triton_at_all_is_503(tmp_path: object) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        settings = Settings(triton_url=url, retry_seconds=1)  # type: ignore[arg-type]
        with TestClient(create_app(settings)) as client:
            assert client.get("/health").status_code == 503
            response = client.post("/ocr", **as_json(PNG))
    assert response.status_code == 503
    assert response.json()["error"]["message"] == "the OCR server is restarting; send it again"
    assert int(response.headers["retry-after"]) > 0


def test_a_model_that_hangs_is_found_in_time(start: Start, triton: FakeTriton) -> None:
    triton.delay = 60
    response = start(health_timeout=0.2).get("/health")
    assert response.status_code == 503
    assert "HEALTH_TIMEOUT" in response.json()["models"]["ocr"]["message"]


@pytest.mark.parametrize("code", ["server_unavailable", "server_failure", "bad_setting"])
def test_a_vlm_server_that_is_down_blocks_and_kills_nobody(client: TestClient, triton: FakeTriton, code: str) -> None:
    for model in ("vlm", "ocr"):
        triton.failures[model] = InferenceServerException(f"[{code}] the server at VLM_URL sleeps", status="503")
    response = client.get("/health")
    health = response.json()
    assert (response.status_code, health["status"]) == (503, "blocked")
    assert {name: check["status"] for name, check in health["models"].items()} == {
        "layout": "ok",
        "vlm": "blocked",
        "ocr": "blocked",
    }
    assert "VLM_URL" in health["models"]["vlm"]["message"]


def test_a_dead_model_is_told_before_a_vlm_server(client: TestClient, triton: FakeTriton) -> None:
    triton.failures["vlm"] = InferenceServerException("[server_unavailable] down", status="503")
    triton.failures["ocr"] = InferenceServerException("Stub process is not healthy.", status="500")
    assert client.get("/health").json()["status"] == "failed"


def test_an_engine_that_says_that_it_is_late_lives(client: TestClient, triton: FakeTriton) -> None:
    triton.ends = "deadline"
    triton.failures["ocr"] = InferenceServerException("[deadline_exceeded] late", status="503")
    health = client.get("/health").json()
    assert health["status"] == "blocked"
    assert health["models"]["vlm"]["status"] == health["models"]["ocr"]["status"] == "blocked"


def test_canaries_have_time_left_to_say_that_they_are_late(start: Start, triton: FakeTriton) -> None:
    before = time.time()
    start(health_timeout=100).get("/health")
    assert 75 < triton.options[0]["deadline"] - before < 85


def test_a_model_that_is_only_busy_is_not_dead(start: Start, triton: FakeTriton) -> None:
    hanging = threading.Event()

    async def canary_waits(number: int) -> None:
        if number == 0:
            hanging.set()
            await asyncio.sleep(60)

    triton.on_page = canary_waits
    client = start(health_timeout=1)
    answers: list[object] = []
    asker = threading.Thread(target=lambda: answers.append(client.get("/health").json()["models"]["ocr"]["status"]))
    asker.start()
    hanging.wait(10)
    client.post("/ocr", **as_json(PNG))
    asker.join()
    assert answers == ["busy"]


def test_checks_are_cached_and_shared(start: Start, triton: FakeTriton) -> None:
    triton.delay = 0.3
    client = start(health_cache_seconds=60)
    askers = [threading.Thread(target=client.get, args=("/health",)) for _ in range(5)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    client.get("/health")
    assert sorted(triton.calls) == ["layout", "ocr", "vlm"]


def test_the_root_tells_who_answers(client: TestClient) -> None:
    about = client.get("/").json()
    assert (about["version"], about["engine"]) == (__version__, None)
    client.get("/health")
    about = client.get("/").json()
    assert (about["engine"], about["model"]) == ("fake", "fake 1")
    for link in about["links"].values():
        assert client.get(f"/{link}").status_code == 200
    paths = client.get("/openapi.json").json()["paths"]
    for endpoint in about["endpoints"]:
        method, path = endpoint.split()
        assert method.lower() in paths[path]


def test_metrics_count_requests_pages_and_refusals(client: TestClient) -> None:
    client.post("/ocr", **as_json(pdf(A4, A4, A4), dpi=36))
    client.post("/ocr", json={})
    client.get("/made/up/path")
    text = client.get("/metrics").text
    for line in (
        'ocr_gateway_requests_total{method="POST",path="/ocr",status="200"} 1.0',
        'ocr_gateway_requests_total{method="POST",path="/ocr",status="422"} 1.0',
        'ocr_gateway_requests_total{method="other",path="other",status="404"} 1.0',
        'ocr_gateway_errors_total{code="invalid_field"} 1.0',
        "ocr_gateway_pages_total 3.0",
        "ocr_gateway_tokens_total 21.0",
        "ocr_gateway_requests_in_flight 0.0",
        'ocr_gateway_stage_seconds_count{stage="render"} 3.0',
        'ocr_gateway_stage_seconds_count{stage="infer"} 3.0',
    ):
        assert line in text
