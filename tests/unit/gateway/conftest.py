from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import HttpUrl

from gateway.app import create_app
from gateway.settings import Settings

from .fake_triton import FakeTriton
from .kserve import PAGE, KServe

Start = Callable[..., TestClient]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("JOBS_DIR", str(tmp_path / "jobs"))


@pytest.fixture
def triton() -> FakeTriton:
    return FakeTriton()


@pytest.fixture
def start(triton: FakeTriton, tmp_path: Path) -> Iterator[Start]:
    """The whole gateway with `triton` behind it; settings by keyword."""
    with ExitStack() as stack:

        def start(**settings: Any) -> TestClient:
            chosen = {"output_dir": tmp_path / "output", "render_workers": 1, "retry_seconds": 0, **settings}
            return stack.enter_context(TestClient(create_app(Settings(**chosen), triton)))

        yield start


@pytest.fixture
def client(start: Start) -> TestClient:
    return start()


@pytest.fixture
def kserve(monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpUrl]:
    """The address of a server that speaks Triton's protocol; `KServe` says what it answers."""
    for name, value in {"seen": [], "outputs": PAGE, "failure": None, "manner": "answer"}.items():
        monkeypatch.setattr(KServe, name, value)
    KServe.released.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), KServe) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield HttpUrl(f"http://127.0.0.1:{server.server_port}")
        KServe.released.set()
        server.shutdown()
        thread.join()


def as_json(document: bytes, **fields: Any) -> dict[str, Any]:
    """The arguments of a POST with `document` as Base64."""
    return {"json": {"file": base64.b64encode(document).decode(), **fields}}


def error_of(response: Any) -> dict[str, Any]:
    """What an error's envelope holds, which it checks."""
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"type", "code", "message", "param", "request_id"}
    assert body["error"]["request_id"] == response.headers["x-request-id"]
    error: dict[str, Any] = body["error"]
    return error
