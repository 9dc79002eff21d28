"""The whole product with a VLM server that is down at first, comes up, and dies."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from supervisor.stack import Stack
from tests.product import running
from tests.unit.engines.vlm.scripted_server import free_port
from tests.vlm_server.real_server import RealServer
from tests.waiting import until

WAIT = 60.0


@pytest.fixture
def later_server(vlm_weights: Path, tmp_path: Path) -> Iterator[RealServer]:
    """A real server that is not started yet."""
    server = RealServer(vlm_weights, tmp_path, free_port())
    yield server
    server.stop()


@pytest.fixture
def product(later_server: RealServer, tmp_path: Path) -> Iterator[Stack]:
    told = {
        "ENGINE": "lite",
        "VLM_ENGINE": "server",
        "VLM_URL": later_server.url,
        "VLM_BACKEND": "transformers",
        "VLM_MODEL": later_server.model,
    }
    with running(tmp_path / "product", **told) as stack:
        yield stack


def test_a_vlm_server_that_comes_and_goes(product: Stack, later_server: RealServer, page_image: bytes) -> None:
    with httpx2.Client(base_url=product.gateway_url, timeout=WAIT, trust_env=False) as http:

        def read() -> httpx2.Response:
            return http.post("/ocr", files={"file": page_image}, data={"options": '{"maxNewTokens": 8}'})

        refused = read()
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "vlm_server_unavailable")
        assert "VLM_URL" in refused.json()["error"]["message"]
        assert int(refused.headers["retry-after"]) > 0
        health = http.get("/health")
        assert (health.status_code, health.json()["status"]) == (503, "blocked")

        later_server.start()
        page = read()
        assert page.status_code == 200, page.text
        assert page.json()["model"] == later_server.model
        assert page.json()["usage"]["tokens"] > 8
        until(lambda: http.get("/health").status_code == 200)

        later_server.kill()
        assert read().status_code == 503
        # Long enough for the canaries that would have restarted Triton.
        until(lambda: http.get("/health").json()["status"] == "blocked")
        time.sleep(3 * product.settings.canary_interval)
        assert product.restarts == 0
