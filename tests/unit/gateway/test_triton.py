"""The real client of Triton, against a server of the tests' own that speaks its protocol on a socket."""

from __future__ import annotations

import asyncio
import json
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import numpy as np
import pytest
from pydantic import HttpUrl

from gateway.deadline import Deadline
from gateway.errors import DeadlineExceeded, EngineFailure, EngineOverloaded, EngineRestarting
from gateway.triton import Models, PageResult, connect

Output = tuple[str, str, list[int], bytes]


def text(name: str, *values: bytes) -> Output:
    return name, "BYTES", [len(values)], b"".join(struct.pack("<I", len(value)) + value for value in values)


PAGE: list[Output] = [
    text("MARKDOWN", "Привет".encode()),
    text("RESULT", b'{"width": 3, "height": 2, "parsing_res_list": []}'),
    text("IMAGE_NAMES", b"imgs/a.jpg"),
    text("IMAGES", b"\xff\xd8\x00\x00"),
    text("WARNINGS"),
    ("TOKENS", "INT32", [1], np.array([5], np.int32).tobytes()),
    text("ENGINE", b"lite"),
    text("MODEL", b"tiny"),
]


class KServe(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[tuple[str, dict[str, Any], bytes]]] = []
    outputs: ClassVar[list[Output]] = []
    failure: ClassVar[tuple[int, str] | None] = None
    manner: ClassVar[str] = "answer"
    released: ClassVar[threading.Event] = threading.Event()

    def do_GET(self) -> None:
        self.reply(200, b"", 0)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        size = int(self.headers["Inference-Header-Content-Length"])
        self.seen.append((self.path, json.loads(body[:size]), body[size:]))
        if self.manner == "hang":
            self.released.wait(20)
        if self.manner != "answer":
            self.close_connection = True
            return
        if self.failure is not None:
            self.reply(self.failure[0], json.dumps({"error": self.failure[1]}).encode(), None)
            return
        head = json.dumps(
            {
                "model_name": "m",
                "outputs": [
                    {"name": name, "datatype": kind, "shape": shape, "parameters": {"binary_data_size": len(data)}}
                    for name, kind, shape, data in self.outputs
                ],
            }
        ).encode()
        self.reply(200, head + b"".join(output[3] for output in self.outputs), len(head))

    def reply(self, status: int, body: bytes, head: int | None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if head:
            self.send_header("Inference-Header-Content-Length", str(head))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpUrl]:
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


def read_page(url: HttpUrl, seconds: float = 20) -> tuple[PageResult, Models]:
    async def read() -> tuple[PageResult, Models]:
        models = Models(connect(url, connections=4, seconds=60))
        try:
            return await models.read_page(b"\x89PNG\x00\x00", {"topP": 1}, Deadline.after(seconds), "r-1"), models
        finally:
            await models.close()

    return asyncio.run(read())


def test_one_request_a_page_in_binary(url: HttpUrl) -> None:
    page, models = read_page(url)
    assert page.markdown == "Привет"
    assert page.images == {"imgs/a.jpg": b"\xff\xd8\x00\x00"}
    assert (page.warnings, page.tokens, page.result["width"]) == ([], 5, 3)
    assert (models.identity.engine, models.identity.model) == ("lite", "tiny")
    ((path, head, body),) = KServe.seen
    assert (path, head["id"]) == ("/v2/models/ocr/infer", "r-1")
    assert [(tensor["name"], tensor["datatype"], tensor["shape"]) for tensor in head["inputs"]] == [
        ("IMAGE", "BYTES", [1]),
        ("OPTIONS", "BYTES", [1]),
    ]
    assert body.startswith(struct.pack("<I", 6) + b"\x89PNG\x00\x00")
    assert b'"deadline"' in body


def test_the_other_models(url: HttpUrl) -> None:
    image = np.zeros((2, 3, 3), np.uint8)

    async def ask() -> None:
        models = Models(connect(url, connections=4, seconds=60))
        try:
            deadline = Deadline.after(20)
            assert await models.ready(deadline)
            KServe.outputs = [("BOXES", "BYTES", [1, 1], text("", b"[]")[3])]
            assert await models.detect(image, deadline) == []
            KServe.outputs = [("TEXT", "BYTES", [1, 1], text("", b"hello")[3])]
            assert await models.recognise(image, "OCR:", deadline) == "hello"
            KServe.outputs = [text("RESULTS", b'[{"markdown": "# a", "prunedResult": {}}]')]
            assert (await models.restructure([{}], {}, deadline, "r"))[0].markdown == "# a"
            with pytest.raises(EngineFailure, match="answered 1 pages to 2"):
                await models.restructure([{}, {}], {}, deadline, "r")
        finally:
            await models.close()

    asyncio.run(ask())
    shapes = [[tensor["shape"] for tensor in head["inputs"]] for _, head, _ in KServe.seen]
    assert shapes[:2] == [[[1, 2, 3, 3]], [[1, 2, 3, 3], [1, 1]]]


def test_a_stub_that_was_killed_lets_nobody_wait_for_ever(url: HttpUrl) -> None:
    KServe.manner = "hang"
    with pytest.raises(DeadlineExceeded):
        read_page(url, seconds=0.3)


def test_a_connection_that_breaks_is_a_restart(url: HttpUrl) -> None:
    KServe.manner = "break"
    with pytest.raises(EngineRestarting):
        read_page(url)


def test_an_output_that_is_missing_is_an_error(url: HttpUrl) -> None:
    KServe.outputs = PAGE[:-1]
    with pytest.raises(EngineFailure, match="lacks MODEL"):
        read_page(url)


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        ((503, "[overloaded] 64 pages are in flight"), EngineOverloaded),
        ((503, "Exceeds maximum queue size"), EngineOverloaded),
        ((500, "Stub process 'ocr_0_0' is not healthy."), EngineRestarting),
        ((500, "[engine_failure] Stub process 'vlm_0_0' is not healthy."), EngineRestarting),
        ((500, "in ensemble 'x', [engine_failure] it broke"), EngineFailure),
    ],
)
def test_errors_keep_their_meaning(url: HttpUrl, failure: tuple[int, str], kind: type[Exception]) -> None:
    KServe.failure = failure
    with pytest.raises(kind):
        read_page(url)
