"""SIGTERM, to a real process with real requests in flight: those end, and everybody else is told at once."""

from __future__ import annotations

import json
import signal
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from pydantic import HttpUrl

from tests.waiting import until

from .conftest import as_json, error_of
from .documents import A4, encoded, pdf, picture
from .gateway_process import gateway, wait_for
from .kserve import KServe

PAGE = as_json(encoded(picture()))


@pytest.fixture(autouse=True)
def _held(kserve: HttpUrl, monkeypatch: pytest.MonkeyPatch) -> None:
    """Triton answers once a test lets it."""
    monkeypatch.setattr(KServe, "manner", "wait")


def inferring(url: str, pages: int) -> bool:
    return f'ocr_gateway_stage_in_flight{{stage="infer"}} {float(pages)}' in httpx2.get(f"{url}/metrics").text


def test_work_in_flight_ends_while_the_port_tells_of_the_drain(kserve: HttpUrl) -> None:
    with gateway(TRITON_URL=str(kserve)) as (process, url), ThreadPoolExecutor(2) as pool:
        wait_for(f"{url}/livez")
        plain = pool.submit(httpx2.post, f"{url}/ocr", **PAGE, timeout=30)
        streamed = pool.submit(
            httpx2.post,
            f"{url}/ocr",
            **as_json(pdf(A4, A4), dpi=36, options={"restructurePages": False}),
            headers={"Accept": "application/x-ndjson"},
            timeout=30,
        )
        until(lambda: inferring(url, 3))
        process.send_signal(signal.SIGTERM)
        # Each on a connection of its own: the port is open still.
        until(lambda: httpx2.get(f"{url}/health").status_code == 503)
        assert httpx2.get(f"{url}/health").json()["status"] == "draining"
        refused = httpx2.post(f"{url}/ocr", **PAGE)
        assert (refused.status_code, error_of(refused)["code"]) == (503, "draining")
        assert int(refused.headers["retry-after"]) > 0
        assert httpx2.get(f"{url}/livez").status_code == 200
        assert not plain.done()
        assert not streamed.done()
        KServe.released.set()
        assert plain.result().status_code == 200
        events = [json.loads(line)["event"] for line in streamed.result().text.splitlines()]
        assert events == ["opened", "page", "page", "result"]
        _, log = process.communicate(timeout=15)
    assert process.returncode == -signal.SIGTERM
    assert '"level": "error"' not in log


@pytest.mark.parametrize("hurry", ["SHUTDOWN_TIMEOUT", "a second signal"])
def test_a_drain_can_be_cut_short(kserve: HttpUrl, hurry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KServe, "manner", "hang")
    seconds = "1" if hurry == "SHUTDOWN_TIMEOUT" else "60"
    with (
        gateway(TRITON_URL=str(kserve), SHUTDOWN_TIMEOUT=seconds) as (process, url),
        ThreadPoolExecutor(1) as pool,
    ):
        wait_for(f"{url}/livez")
        sent = pool.submit(httpx2.post, f"{url}/ocr", **PAGE, timeout=30)
        until(lambda: inferring(url, 1))
        process.send_signal(signal.SIGTERM)
        if hurry == "a second signal":
            until(lambda: httpx2.get(f"{url}/health").status_code == 503)
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=15)
        KServe.released.set()
        assert sent.exception() is not None or sent.result().status_code >= 500
