"""What is made of a unit that was under way when a server, or its engine, went down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from archive.layout import read_key
from archive.stores import Store
from tests.unit.ocr_client.server import Answers, events, refusal, stream

from .reader import BAD_GATEWAY, Handler, ReadIt, record


def healthy(answers: Handler, *states: str) -> Handler:
    """The server of `answers`, whose GET /health tells one of `states` after the other, the last one for ever."""
    left = list(states)

    def handler(request: httpx2.Request) -> Any:
        if request.url.path != "/health":
            return answers(request)
        state = left.pop(0) if len(left) > 1 else left[0]
        parts = {"triton": {"status": state, "seconds": 0.1}, "models": {}}
        return httpx2.Response(200 if state in ("ok", "degraded") else 503, json={"status": state, **parts})

    return handler


def broken_off(code: str, kind: str = "unavailable") -> httpx2.Response:
    """An answer that ends with an error once the document is open."""
    error = {"type": kind, "code": code, "message": "not now", "param": None, "request_id": "r1"}
    return stream(events(0)[0], {"event": "error", "error": error})


WENT_DOWN = {
    "engine": refusal(503, code="engine_restarting", Retry_After="1"),
    "engine, midway": broken_off("engine_restarting"),
    "VLM server": refusal(503, code="vlm_server_unavailable", Retry_After="1"),
    "behind a proxy": BAD_GATEWAY,
    "behind another": httpx2.Response(503, html="<h1>upstream connect error</h1>"),
    "connection": httpx2.ReadError("reset"),
}
"""What a server says, or does, when it or its engine goes down."""


@pytest.mark.parametrize("answer", WENT_DOWN.values(), ids=WENT_DOWN)
def test_a_document_that_breaks_engines_ends_as_a_failure(read: ReadIt, output: Store, answer: Any) -> None:
    answers = Answers(answer)
    told = read(*[healthy(answers, "ok")] * 2, patience=60)
    assert (told.pages, told.failures, told.stop) == (0, 2, None)
    assert told.sent == len(answers.requests) == 3
    assert len(record(output, told).failures) == 2


def test_a_server_that_does_not_tell_its_health_is_sent_to(read: ReadIt) -> None:
    """A proxy may lead to POST /ocr alone."""

    def handler(request: httpx2.Request) -> Any:
        return BAD_GATEWAY if request.url.path == "/ocr" else httpx2.Response(404, html="<h1>Not Found</h1>")

    told = read(handler, handler, patience=60)
    assert (told.sent, told.failures, told.stop) == (3, 2, None)


@pytest.mark.parametrize("answer", WENT_DOWN.values(), ids=WENT_DOWN)
def test_no_document_is_to_blame_while_engines_are_down(read: ReadIt, output: Store, root: Path, answer: Any) -> None:
    answers = Answers(answer)
    told = read(*[healthy(answers, "failed")] * 2)
    assert told.stop == "no_server"
    assert len(answers.requests) == 1
    assert not (root / read_key(0, told.unit)).exists()


def test_it_is_sent_again_once_an_engine_is_back(read: ReadIt) -> None:
    answers = Answers(broken_off("engine_restarting"), stream(*events(0, 1)))
    told = read(*[healthy(answers, "failed", "draining", "blocked", "ok")] * 2, patience=60)
    assert (told.pages, told.sent, len(answers.requests)) == (2, 2, 2)


@pytest.mark.parametrize("code", ["too_many_requests", "rate_limited", "draining", "engine_overloaded", "storage_full"])
def test_a_server_that_has_no_room_has_not_tried(read: ReadIt, code: str) -> None:
    answers = Answers(*[broken_off(code)] * 4, stream(*events(0, 1)))
    told = read(answers, answers, patience=60)
    assert (told.pages, told.sent, len(answers.requests)) == (2, 1, 5)
