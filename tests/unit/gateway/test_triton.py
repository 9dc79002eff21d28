"""The real client of Triton, against a server of the tests' own that speaks its protocol on a socket."""

from __future__ import annotations

import asyncio
import struct

import numpy as np
import pytest
from pydantic import HttpUrl

from gateway import services
from gateway.deadline import Deadline
from gateway.errors import DeadlineExceeded, EngineFailure, EngineOverloaded, EngineRestarting
from gateway.metrics import Metrics
from gateway.settings import Settings
from gateway.triton import Models, PageResult, connect

from .kserve import PAGE, KServe, text


def read_page(kserve: HttpUrl, seconds: float = 20, connection_seconds: float = 60) -> tuple[PageResult, Models]:
    async def read() -> tuple[PageResult, Models]:
        models = Models(connect(kserve, connections=4, seconds=connection_seconds))
        try:
            return await models.read_page(b"\x89PNG\x00\x00", {"topP": 1}, Deadline.after(seconds), "r-1"), models
        finally:
            await models.close()

    return asyncio.run(read())


def test_one_request_a_page_in_binary(kserve: HttpUrl) -> None:
    page, models = read_page(kserve)
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


def test_the_other_models(kserve: HttpUrl) -> None:
    image = np.zeros((2, 3, 3), np.uint8)

    async def ask() -> None:
        models = Models(connect(kserve, connections=4, seconds=60))
        try:
            deadline = Deadline.after(20)
            assert await models.ready(deadline)
            KServe.outputs = [("BOXES", "BYTES", [1, 1], text("", b"[]")[3])]
            assert await models.detect(image, deadline) == []
            KServe.outputs = [
                (name, "BYTES", [1, 1], text("", value)[3])
                for name, value in (("TEXT", b"hello"), ("FINISH_REASON", b"stop"))
            ]
            assert await models.recognise(image, "OCR:", deadline) == "hello"
            KServe.outputs = [text("RESULTS", b'[{"markdown": "# a", "prunedResult": {}}]')]
            assert (await models.restructure([{}], {}, deadline, "r"))[0].markdown == "# a"
            with pytest.raises(EngineFailure, match="answered 1 pages instead of 2"):
                await models.restructure([{}, {}], {}, deadline, "r")
        finally:
            await models.close()

    asyncio.run(ask())
    shapes = [[tensor["shape"] for tensor in head["inputs"]] for _, head, _ in KServe.seen]
    assert shapes[:2] == [[[1, 2, 3, 3]], [[1, 2, 3, 3], [1, 1], [1, 1]]]


def test_a_stub_that_was_killed_lets_nobody_wait_for_ever(kserve: HttpUrl) -> None:
    KServe.manner = "hang"
    with pytest.raises(DeadlineExceeded):
        read_page(kserve, seconds=0.3)


def cancelled_pages() -> int:
    return sum(b'{"cancel"' in body for _, _, body in KServe.seen)


def test_a_page_that_ends_without_an_answer_is_cancelled_in_triton(kserve: HttpUrl) -> None:
    KServe.manner = "hang"
    with pytest.raises(DeadlineExceeded):
        read_page(kserve, seconds=0.3)
    assert cancelled_pages() == 1
    KServe.manner = "break"
    with pytest.raises(EngineRestarting):
        read_page(kserve)
    assert cancelled_pages() == 2
    KServe.manner, KServe.failure = "answer", (500, "[engine_failure] it broke")
    with pytest.raises(EngineFailure):
        read_page(kserve)
    assert cancelled_pages() == 2


def test_the_end_of_a_connection_is_not_that_of_the_deadline(kserve: HttpUrl) -> None:
    KServe.manner = "hang"
    with pytest.raises(EngineRestarting):
        read_page(kserve, connection_seconds=0.3)


def test_connections_last_as_long_as_jobs_may(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds: list[float] = []
    monkeypatch.setattr(services, "connect", lambda *_, **named: seconds.append(named["seconds"]))
    url = HttpUrl("http://triton:8000")
    for settings in (Settings(request_timeout=9, job_timeout=99), Settings(request_timeout=9, jobs=False)):
        services._client(url, settings, Metrics())
    assert seconds == [129, 39]


def test_a_connection_that_breaks_is_a_restart(kserve: HttpUrl) -> None:
    KServe.manner = "break"
    with pytest.raises(EngineRestarting):
        read_page(kserve)


def test_an_output_that_is_missing_is_an_error(kserve: HttpUrl) -> None:
    KServe.outputs = PAGE[:-1]
    with pytest.raises(EngineFailure, match="lacks MODEL"):
        read_page(kserve)


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
def test_errors_keep_their_meaning(kserve: HttpUrl, failure: tuple[int, str], kind: type[Exception]) -> None:
    KServe.failure = failure
    with pytest.raises(kind):
        read_page(kserve)
