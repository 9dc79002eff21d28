"""Jobs, health and the rest, by both clients."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from ocr_client import BadGateway, ConnectionLost, InvalidRequest, ServerUnreachable, TimedOut, Unavailable
from ocr_client.jobs import pauses

from .conftest import Call
from .server import URL, Answers, refusal, result


def job(status: str, **more: Any) -> dict[str, Any]:
    return {
        "id": "j/1",
        "status": status,
        "progress": {"total": 2, "done": 1, "failed": 0},
        "created": "2026-01-01T00:00:00Z",
        "started": None,
        "ended": None,
        "expires_at": None,
        "error": None,
        "links": {"self": "/jobs/j1", "result": "/jobs/j1/result"},
        **more,
    }


def test_a_job_is_submitted_once_without_the_clients_own_timeout(call: Call) -> None:
    answers = Answers(httpx2.Response(202, json=job("queued")))
    submitted = call(answers, "submit", "https://files.example/a.pdf", pages="2")
    assert (submitted.id, submitted.over, submitted.progress.total) == ("j/1", False, 2)
    assert json.loads(answers.requests[0].content) == {"url": "https://files.example/a.pdf", "pages": "2"}
    cut = Answers(httpx2.ReadError("reset"))
    with pytest.raises(ConnectionLost):
        call(cut, "submit", b"document")
    assert len(cut.requests) == 1
    # It may have been taken in: the proxy does not know.
    for method in ("submit", "cancel"):
        lost = Answers(httpx2.Response(502, html="<h1>502 Bad Gateway</h1>"))
        with pytest.raises(BadGateway):
            call(lost, method, b"document" if method == "submit" else "j1")
        assert len(lost.requests) == 1


def test_a_job_is_waited_for(call: Call) -> None:
    states = [httpx2.Response(200, json=job(status)) for status in ("queued", "running", "done")]
    answers = Answers(states[0], refusal(503, Retry_After="0"), *states[1:])
    assert call(answers, "wait", "j/1").status == "done"
    assert [str(request.url) for request in answers.requests] == [f"{URL}/jobs/j%2F1"] * 4
    with pytest.raises(TimedOut, match="running"):
        call(Answers(states[1]), "wait", "j/1", timeout=0)


def test_pauses_grow_to_a_bound_and_end() -> None:
    endless = pauses(None)
    told = [next(endless) for _ in range(30)]
    assert told == sorted(told)
    assert told[-1] == 5
    assert list(pauses(0.1)) == []


def test_jobs_can_be_listed_cancelled_and_forgotten(call: Call) -> None:
    listing = Answers(httpx2.Response(200, json={"jobs": [job("done"), job("failed")]}))
    assert [found.over for found in call(listing, "jobs", limit=2)] == [True, True]
    assert listing.requests[0].url.params["limit"] == "2"
    assert call(Answers(httpx2.Response(200, json=job("cancelled"))), "cancel", "j1").status == "cancelled"
    assert call(Answers(httpx2.Response(204)), "cancel", "j1") is None


def test_a_result_is_the_whole_or_the_jobs_error(call: Call) -> None:
    answers = Answers(httpx2.Response(200, json=result(0)))
    assert call(answers, "result", "j1").usage.pages == 1
    assert str(answers.requests[0].url) == f"{URL}/jobs/j1/result"
    # A job's own error is no reason to ask again.
    failed = Answers(refusal(503))
    with pytest.raises(Unavailable):
        call(failed, "result", "j1")
    assert len(failed.requests) == 1
    with pytest.raises(InvalidRequest, match="not now"):
        call(Answers(refusal(404, "invalid_request", "no_such_job")), "job", "j1")


@pytest.mark.parametrize(
    "trouble",
    [
        refusal(503, code="draining", Retry_After="0"),
        httpx2.Response(503, html="<h1>503 Service Unavailable</h1>"),
        httpx2.Response(502, html="<h1>502 Bad Gateway</h1>"),
        httpx2.ConnectError("refused"),
        httpx2.ReadError("reset"),
    ],
)
def test_a_result_is_asked_for_again_where_the_way_to_it_fails(call: Call, trouble: Any) -> None:
    answers = Answers(trouble, httpx2.Response(200, json=result(0)))
    assert call(answers, "result", "j1").usage.pages == 1
    assert len(answers.requests) == 2


def test_health_tells_what_is_wrong_and_a_proxy_does_not(call: Call) -> None:
    check = {"status": "ok", "seconds": 0.1, "message": None}
    state = {"status": "failed", "triton": check, "models": {"ocr": {**check, "status": "failed"}}, "s3": None}
    health = call(Answers(httpx2.Response(503, json=state)), "health")
    assert (health.able, health.models["ocr"].status) == (False, "failed")
    assert call(Answers(httpx2.Response(200, json={**state, "status": "degraded"})), "health").able
    with pytest.raises(Unavailable):
        call(Answers(httpx2.Response(503, html="<h1>503</h1>")), "health")
    answers = Answers(httpx2.ConnectError("refused"))
    with pytest.raises(ServerUnreachable):
        call(answers, "about")
    assert len(answers.requests) == 1
