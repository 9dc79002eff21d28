"""POST /ocr by both clients: what is sent, what comes back, and every way in which it may not."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ocr_client import (
    ApiError,
    BadAnswer,
    BadGateway,
    Client,
    ConfigurationError,
    ConnectionLost,
    DeadlineExceeded,
    EngineFailure,
    Event,
    InvalidRequest,
    LimitExceeded,
    OcrError,
    Opened,
    PageFailed,
    PageRead,
    Retrying,
    ServerFailure,
    ServerUnreachable,
    TimedOut,
    Unauthorized,
    Unavailable,
)

from .conftest import Call
from .server import PICTURE, URL, Answers, breaking, events, lines, refusal, result, stream

WHOLE = events(0, 2)


def test_the_result_has_the_pictures_that_the_pages_brought(call: Call) -> None:
    read = call(Answers(stream(*WHOLE)), "read", b"document")
    assert read.images == {"imgs/0.jpg": PICTURE, "imgs/2.jpg": PICTURE}
    assert [page.index for page in read.pages] == [0, 2]
    told = json.loads(read.to_json())
    assert told["pages"] == [event["page"] for event in WHOLE[1:3]]
    assert {**told, "pages": []} == {**result(0, 2), "pages": []}


@pytest.mark.parametrize("how", ["bytes", "path", "text", "file"])
def test_a_document_is_uploaded_with_its_fields(call: Call, tmp_path: Path, how: str) -> None:
    path = tmp_path / "we\nird.pdf"
    path.write_bytes(b"%PDF the document")
    sources: dict[str, Any] = {
        "bytes": path.read_bytes(),
        "path": path,
        "text": str(path),
        "file": io.BytesIO(path.read_bytes()),
    }
    answers = Answers(stream(*WHOLE))
    call(answers, "read", sources[how], pages="1-3", options={"a": [1]}, save=True, dpi=None, timeout=5, key="secret")
    (request,) = answers.requests
    body = request.content
    assert str(request.url) == f"{URL}/ocr"
    assert request.headers["authorization"] == "Bearer secret"
    assert request.headers["accept"] == "application/x-ndjson"
    assert b"\r\n\r\n%PDF the document\r\n" in body
    for name, value in {"pages": "1-3", "options": '{"a": [1]}', "save": "true", "timeout": "5.0"}.items():
        assert f'name="{name}"\r\n\r\n{value}\r\n'.encode() in body
    assert b"dpi" not in body
    assert b"ird.pdf" not in body


def test_an_address_is_sent_as_one(call: Call) -> None:
    answers = Answers(stream(*WHOLE))
    call(answers, "read", "https://files.example/a.pdf", on_error="skip")
    assert json.loads(answers.requests[0].content) == {
        "url": "https://files.example/a.pdf",
        "on_error": "skip",
        "timeout": 600.0,
    }
    assert "authorization" not in answers.requests[0].headers


def test_server_and_key_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCR_SERVER", "http://other.example")
    monkeypatch.setenv("OCR_API_KEY", "from-outside")
    answers = Answers(stream(*WHOLE))
    with Client(transport=httpx2.MockTransport(answers)) as client:
        client.read(b"document")
    assert str(answers.requests[0].url) == "http://other.example/ocr"
    assert answers.requests[0].headers["authorization"] == "Bearer from-outside"


def test_a_file_that_is_not_there_is_pythons_own_error(call: Call, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        call(Answers(stream(*WHOLE)), "read", tmp_path / "missing.pdf")


def test_events_tell_how_it_goes_on(call: Call) -> None:
    failed = {"event": "page_error", "page": 1, "type": "engine_error", "code": "engine_failure", "message": "page 2"}
    newer = {"event": "thinking", "deeply": True}
    heard: list[Event] = []
    call(Answers(stream(*WHOLE[:2], failed, newer, *WHOLE[2:])), "read", b"document", on_event=heard.append)
    opened, first, left_out, second = heard
    assert opened == Opened("one", "pdf", 2, (0, 2))
    assert isinstance(first, PageRead)
    assert isinstance(left_out, PageFailed)
    assert isinstance(second, PageRead)
    assert (first.page.index, left_out.error.page, second.page.index) == (0, 1, 2)


def test_what_a_newer_server_adds_is_kept(call: Call) -> None:
    read = call(Answers(stream(*events(0, novelty={"a": 1}))), "read", b"document")
    assert json.loads(read.to_json())["novelty"] == {"a": 1}


def test_line_ends_of_unicode_end_no_event(call: Call) -> None:
    text = "one\u2028two\u0085three\u2029"
    assert call(Answers(stream(*events(0, markdown=text))), "read", b"document").markdown == text


@pytest.mark.parametrize("status", [429, 503])
def test_a_full_server_is_asked_again_after_the_time_that_it_tells(call: Call, tmp_path: Path, status: int) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF whole")
    answers = Answers(refusal(status, Retry_After="0"), stream(*WHOLE))
    heard: list[Event] = []
    call(answers, "read", path, on_event=heard.append)
    first, *_ = heard
    assert isinstance(first, Retrying)
    assert isinstance(first.error, Unavailable)
    assert (first.seconds, first.error.retry_after) == (0, 0)
    # The file is sent whole each time.
    assert [b"%PDF whole" in request.content for request in answers.requests] == [True, True]


def test_a_server_that_stays_full_is_given_up(call: Call) -> None:
    answers = Answers(refusal(503))
    with pytest.raises(Unavailable) as raised:
        call(answers, "read", b"document", attempts=4)
    assert len(answers.requests) == 4
    error = raised.value
    assert (error.type, error.code, error.param, error.request_id) == (
        "unavailable",
        "too_many_requests",
        "pages",
        "r1",
    )
    assert (error.status, error.retry_after, error.message) == (503, None, "not now")


def test_nobody_waits_for_an_hour(call: Call) -> None:
    answers = Answers(refusal(503, Retry_After="3600"))
    with pytest.raises(Unavailable) as raised:
        call(answers, "read", b"document")
    assert (raised.value.retry_after, len(answers.requests)) == (3600, 1)


def test_retry_after_may_be_a_date(call: Call) -> None:
    for told, expected in (("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("soon", None)):
        with pytest.raises(Unavailable) as raised:
            call(Answers(refusal(429, Retry_After=told)), "read", b"document", attempts=1)
        assert raised.value.retry_after == expected


@pytest.mark.parametrize(
    "cut",
    [
        stream(*WHOLE[:2]),
        stream(),
        breaking(lines(*WHOLE[:2]), httpx2.ReadError("reset")),
        breaking(lines(*WHOLE)[:100], httpx2.RemoteProtocolError("closed")),
        httpx2.RemoteProtocolError("Server disconnected without sending a response."),
    ],
)
def test_a_cut_answer_is_asked_for_again_unless_it_would_be_kept_twice(call: Call, cut: Any) -> None:
    answers = Answers(cut, stream(*WHOLE))
    heard: list[Event] = []
    assert call(answers, "read", b"document", on_event=heard.append).usage.pages == 2
    assert sum(isinstance(event, Retrying) for event in heard) == 1
    assert isinstance(heard[-3], Opened)
    for kept in ({"save": True}, {"s3": "presigned"}):
        answers = Answers(cut, stream(*WHOLE))
        with pytest.raises(ConnectionLost):
            call(answers, "read", b"document", **kept)
        assert len(answers.requests) == 1


def test_what_a_proxy_lost_is_asked_for_again_unless_it_would_be_kept_twice(call: Call) -> None:
    lost = httpx2.Response(502, html="<h1>502 Bad Gateway</h1>")
    assert call(Answers(lost, stream(*WHOLE)), "read", b"document").usage.pages == 2
    for kept in ({"save": True}, {"s3": "presigned"}):
        answers = Answers(lost, stream(*WHOLE))
        with pytest.raises(BadGateway):
            call(answers, "read", b"document", **kept)
        assert len(answers.requests) == 1


def test_a_server_that_is_not_there_is_looked_for_again(call: Call) -> None:
    answers = Answers(httpx2.ConnectError("refused"), stream(*WHOLE))
    assert call(answers, "read", b"document", save=True).usage.pages == 2
    answers = Answers(httpx2.ConnectTimeout("slow"))
    with pytest.raises(ServerUnreachable, match=URL):
        call(answers, "read", b"document")
    assert len(answers.requests) == 3


def test_silence_is_not_answered_by_more_of_the_same(call: Call) -> None:
    answers = Answers(breaking(lines(*WHOLE[:2]), httpx2.ReadTimeout("silence")))
    with pytest.raises(TimedOut, match="timeout"):
        call(answers, "read", b"document")
    assert len(answers.requests) == 1


def test_the_network_is_given_the_time_that_the_server_has(call: Call) -> None:
    answers = Answers(stream(*WHOLE))
    call(answers, "read", b"document", timeout=1000)
    assert answers.requests[0].extensions["timeout"]["read"] > 1000


@pytest.mark.parametrize(
    "answer",
    [
        stream({"event": "opened"}),
        stream({"no": "event"}),
        stream({"event": "result"}),
        stream(WHOLE[0], {"event": "page", "page": {"index": 0}, "warnings": []}),
        stream({"event": "error", "oops": 1}),
        httpx2.Response(200, headers={"Content-Type": "application/x-ndjson"}, content=b'{"event": "opened", \n'),
        httpx2.Response(200, headers={"Content-Type": "application/x-ndjson"}, content=b"[1]\n"),
        httpx2.Response(200, headers={"Content-Type": "application/x-ndjson"}, content=b"\xff\n"),
        httpx2.Response(200, html="<h1>Welcome to nginx</h1>"),
        httpx2.Response(307, headers={"Location": "http://elsewhere.example"}),
        httpx2.Response(404, html="<h1>Not found</h1>"),
        httpx2.Response(403, html="<h1>This upload looks like an attack</h1>"),
    ],
)
def test_what_is_not_this_api_is_told_so(call: Call, answer: httpx2.Response) -> None:
    answers = Answers(answer)
    with pytest.raises(BadAnswer):
        call(answers, "read", b"document")
    assert len(answers.requests) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(422, "invalid_request", "pages_outside"), InvalidRequest),
        (refusal(401, "unauthorized", "unauthorized"), Unauthorized),
        (refusal(413, "limit_exceeded", "body_too_large"), LimitExceeded),
        (refusal(429), Unavailable),
        (refusal(504, "timeout", "deadline_exceeded"), DeadlineExceeded),
        (refusal(502, "engine_error", "missing_weights"), EngineFailure),
        (refusal(500, "server_error", "internal_error"), ServerFailure),
        (refusal(418, "a_newer_one", "teapot"), ServerFailure),
        (httpx2.Response(413, html="<h1>413 Request Entity Too Large</h1>"), LimitExceeded),
        (httpx2.Response(502, html="<h1>502 Bad Gateway</h1>"), BadGateway),
        (httpx2.Response(504, html="<h1>504 Gateway Time-out</h1>"), DeadlineExceeded),
        (httpx2.Response(503, html="<h1>503 Service Unavailable</h1>"), Unavailable),
        (httpx2.Response(401, text="no"), Unauthorized),
    ],
)
def test_errors_have_their_classes(call: Call, answer: httpx2.Response, kind: type[ApiError]) -> None:
    answers = Answers(answer)
    with pytest.raises(ApiError) as raised:
        call(answers, "read", b"document", attempts=2)
    assert type(raised.value) is kind
    assert raised.value.status == answer.status_code
    assert len(answers.requests) == (2 if kind in (BadGateway, Unavailable) else 1)


def test_an_error_may_end_an_answer_that_has_begun(call: Call) -> None:
    error = {"type": "engine_error", "code": "engine_failure", "message": "broke", "param": None, "request_id": "r9"}
    with pytest.raises(EngineFailure, match="broke") as raised:
        call(Answers(stream(*WHOLE[:2], {"event": "error", "error": error})), "read", b"document")
    assert (raised.value.code, raised.value.request_id, raised.value.status) == ("engine_failure", "r9", None)


def test_an_error_of_the_listener_is_its_own(call: Call) -> None:
    def on_event(event: Event) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        call(Answers(stream(*WHOLE)), "read", b"document", on_event=on_event)


@pytest.mark.parametrize("server", ["server.example", "ftp://server.example", "http://", "http://[::1", "/ocr"])
def test_an_address_that_is_none_is_told_at_once(server: str) -> None:
    with pytest.raises(ConfigurationError, match="address"):
        Client(server)


@pytest.mark.parametrize("key", ["two words", "line\n", "ключ"])
def test_a_key_that_is_none_is_told_without_showing_it(key: str) -> None:
    with pytest.raises(ConfigurationError, match="OCR_API_KEY") as raised:
        Client(URL, api_key=key)
    assert key not in str(raised.value)
    assert issubclass(ConfigurationError, OcrError)


def test_a_timeout_is_above_zero() -> None:
    with pytest.raises(ConfigurationError, match="timeout"):
        Client(URL, timeout=0)
