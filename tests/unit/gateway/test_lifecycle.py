"""The gateway as a process: its start, its logs, clients that hang up, and its end."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from pydantic import HttpUrl

from gateway.access_log import JsonFormatter, PlainFormatter
from gateway.disconnect import unless_disconnected
from gateway.errors import ClientDisconnected
from tests.waiting import until

from .conftest import as_json
from .documents import A4, encoded, pdf, picture
from .fake_triton import FakeTriton
from .gateway_process import free_port, gateway, wait_for
from .kserve import KServe


def test_starts_serves_and_stops_on_sigterm() -> None:
    with gateway(TRITON_URL=f"http://127.0.0.1:{free_port()}") as (process, url):
        assert wait_for(f"{url}/livez") == {"status": "ok"}
        assert wait_for(f"{url}/")["name"] == "PaddleOCR-VL server"
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=15)
    lines = [json.loads(line) for line in log.splitlines()]
    (line,) = (line for line in lines if line["message"] == "GET /")
    assert line["status"] == 200
    assert len(line["request_id"]) == 32
    assert not [line for line in lines if line["level"] == "error"]


def test_on_sigterm_work_in_flight_ends_and_waiting_work_is_sent_away(
    kserve: HttpUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KServe, "manner", "wait")
    with gateway(TRITON_URL=str(kserve), MAX_REQUESTS="1") as (process, url), ThreadPoolExecutor(2) as pool:
        wait_for(f"{url}/livez")

        def send() -> httpx2.Response:
            return httpx2.post(f"{url}/ocr", **as_json(encoded(picture())), timeout=30)

        working = pool.submit(send)
        until(lambda: 'ocr_gateway_stage_in_flight{stage="infer"} 1.0' in httpx2.get(f"{url}/metrics").text)
        waiting = pool.submit(send)
        until(lambda: "ocr_gateway_requests_waiting 1.0" in httpx2.get(f"{url}/metrics").text)
        process.send_signal(signal.SIGTERM)
        assert waiting.result().status_code == 503
        assert int(waiting.result().headers["retry-after"]) > 0
        KServe.released.set()
        assert working.result().status_code == 200
        process.communicate(timeout=15)


def test_a_wrong_setting_stops_the_start_with_its_name() -> None:
    with gateway(MAX_PAGES="none") as (process, _):
        _, log = process.communicate(timeout=15)
    assert process.returncode == 78
    assert "MAX_PAGES" in log
    assert "Traceback" not in log


def test_imports_nothing_heavy_and_starts_nothing() -> None:
    code = "import sys, threading, gateway.app; print(threading.active_count(), *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    threads, *modules = done.stdout.split()
    assert threads == "1"
    assert not {"engines", "paddlex", "paddle", "torch", "cv2", "onnxruntime"} & set(modules)


def test_a_client_that_hangs_up_cancels_the_pages_not_sent(client: TestClient, triton: FakeTriton) -> None:
    started = threading.Event()

    async def hang(number: int) -> None:
        started.set()
        await asyncio.sleep(60)

    triton.on_page = hang
    body = client.build_request("POST", "/ocr", **as_json(pdf(*[A4] * 40), dpi=36)).read()
    messages = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        await asyncio.to_thread(started.wait)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "method": "POST",
        "path": "/ocr",
        "raw_path": b"/ocr",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
        "app": client.app,
    }
    assert client.portal is not None
    client.portal.call(client.app, scope, receive, send)
    assert sent[0]["status"] == 499
    assert triton.count == triton.cancelled <= 8
    # Triton does not see a client hang up: it is told of each page.
    until(lambda: len(triton.cancelled_keys) == triton.count)
    assert set(triton.cancelled_keys) == {options["cancelKey"] for options in triton.options}
    assert client.get("/metrics").text.count("ocr_gateway_requests_in_flight 0.0") == 1


def test_work_that_is_waited_for_ends_normally() -> None:
    async def never() -> Any:
        await asyncio.Event().wait()

    async def work() -> int:
        return 7

    async def gone() -> Any:
        return {"type": "http.disconnect"}

    async def check() -> None:
        assert await unless_disconnected(never, work()) == 7
        with pytest.raises(ClientDisconnected):
            await unless_disconnected(gone, never())

    asyncio.run(check())


@pytest.mark.parametrize("formatter", [JsonFormatter(), PlainFormatter()])
def test_logs_are_one_line_a_request_without_the_document(
    client: TestClient, triton: FakeTriton, caplog: pytest.LogCaptureFixture, formatter: logging.Formatter
) -> None:
    triton.warnings = [{"type": "t", "message": "CONTENT"}]
    with caplog.at_level(logging.INFO, logger="gateway"):
        client.post("/ocr", **as_json(encoded(picture((123, 77)))))
        client.post("/ocr", **as_json(b"CONTENT"))
        client.get("/forged%0Aline")
    lines = [formatter.format(record) for record in caplog.records if record.name == "gateway.access"]
    assert len(lines) == 3
    assert "pages" in lines[0]
    assert "unsupported_file" in lines[1]
    assert "CONTENT" not in "".join(lines)
    assert "123 x 77" not in "".join(lines)
    assert "\n" not in "".join(lines)
