"""A run against a server that is a function."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

import anyio
import anyio.lowlevel
import httpx2

from cli.displays import Lines
from cli.documents import Document
from cli.errors import OutputTaken
from cli.fingerprints import Fingerprint
from cli.run import Run
from cli.sinks import Job
from cli.summary import Exit, Summary
from ocr_client import AsyncClient, Result, Retries

from .results import FAILURE, result

ABOUT = httpx2.Response(200, json={"name": "server", "version": "1"})


class Memory:
    """Keeps results; `done` are those of earlier runs, `taken` those that may not be written."""

    def __init__(self, done: frozenset[str] = frozenset(), taken: frozenset[str] = frozenset()) -> None:
        self.kept: dict[str, Result] = {}
        self._done = done
        self._taken = taken

    def prepare(self, job: Job) -> Fingerprint | None:
        if job.name in self._taken:
            raise OutputTaken("it is there")
        return None if job.name in self._done else Fingerprint()

    def keep(self, job: Job, state: Fingerprint, result: Result) -> None:
        if job.name == "unwritable":
            raise OSError(28, "No space left on device", "out/unwritable.md")
        self.kept[job.name] = result


def run(handler: Callable[[httpx2.Request], Any], *names: str, sink: Memory | None = None, most: int = 1) -> Summary:
    """Reads documents of these names, whose content is their name, and the server is `handler`."""
    jobs = [Job(Document(name, name, name.encode(), PurePosixPath(), name, ""), name) for name in names]
    summary = Summary(len(jobs))

    async def work() -> None:
        retries = Retries(attempts=3, first_seconds=0)
        transport = httpx2.MockTransport(handler)
        async with AsyncClient("http://server.example", retries=retries, transport=transport) as client:
            await Run(client, jobs, {}, sink or Memory(), Lines(), summary, most)()

    anyio.run(work)
    return summary


def told(read: Result) -> httpx2.Response:
    line = json.dumps({"event": "result", **json.loads(read.to_json())}).encode() + b"\n"
    return httpx2.Response(200, headers={"Content-Type": "application/x-ndjson"}, content=line)


def refusal(status: int, kind: str, code: str) -> httpx2.Response:
    error = {"type": kind, "code": code, "message": "no", "param": None, "request_id": "r1"}
    return httpx2.Response(status, json={"error": error}, headers={"Retry-After": "0"})


def by_content(**answers: Any) -> Callable[[httpx2.Request], Any]:
    """A server that answers by what is in the document."""

    def handler(request: httpx2.Request) -> Any:
        if request.method == "GET":
            return ABOUT
        for name, answer in answers.items():
            if name.encode() in request.content:
                if isinstance(answer, Exception):
                    raise answer
                return answer
        return told(result())

    return handler


def outcomes(summary: Summary) -> dict[str, tuple[str, str | None]]:
    return {outcome.document: (outcome.state, outcome.code or outcome.reason) for outcome in summary.outcomes}


def test_each_document_has_its_outcome() -> None:
    sink = Memory(done=frozenset({"earlier"}), taken=frozenset({"taken"}))
    server = by_content(
        broken=refusal(422, "invalid_request", "bad_pdf"), partly=told(result(errors=(FAILURE,), markdown="half"))
    )
    summary = run(server, "good", "broken", "earlier", "taken", "partly", "unwritable", sink=sink, most=3)
    assert outcomes(summary) == {
        "good": ("done", None),
        "broken": ("failed", "bad_pdf"),
        "earlier": ("skipped", None),
        "taken": ("failed", "it is there"),
        "partly": ("incomplete", "engine_failure"),
        "unwritable": ("failed", "No space left on device: out/unwritable.md"),
    }
    assert set(sink.kept) == {"good", "partly"}
    assert summary.exit_code == Exit.SOME_FAILED


def test_nobody_asks_a_server_for_what_is_done() -> None:
    def handler(request: httpx2.Request) -> Any:
        raise AssertionError("asked")

    summary = run(handler, "a", "b", sink=Memory(done=frozenset({"a", "b"})))
    assert summary.exit_code == Exit.DONE


def test_a_server_that_is_not_there_ends_the_run_at_once() -> None:
    asked = 0

    def handler(request: httpx2.Request) -> Any:
        nonlocal asked
        asked += 1
        raise httpx2.ConnectError("refused")

    summary = run(handler, "a", "b", "c")
    assert (summary.exit_code, summary.count("failed"), summary.untried, asked) == (Exit.UNREACHABLE, 1, 2, 1)


def test_one_that_goes_away_is_looked_for_and_then_ends_the_run() -> None:
    summary = run(by_content(gone=httpx2.ConnectError("refused")), "a", "gone", "b")
    assert (summary.exit_code, summary.count("done"), summary.untried) == (Exit.UNREACHABLE, 1, 1)


def test_a_key_that_is_refused_ends_the_run() -> None:
    summary = run(lambda _: refusal(401, "unauthorized", "unauthorized"), "a", "b")
    assert (summary.exit_code, summary.untried) == (Exit.REFUSED, 1)


def test_a_document_that_a_proxy_refuses_costs_no_other() -> None:
    server = by_content(suspicious=httpx2.Response(403, html="<h1>This upload looks like an attack</h1>"))
    summary = run(server, "a", "suspicious", "b")
    assert (summary.exit_code, summary.count("done"), summary.count("failed")) == (Exit.SOME_FAILED, 2, 1)


def test_a_proxy_that_lost_its_server_is_asked_again() -> None:
    answers = iter([httpx2.Response(502, html="<h1>502 Bad Gateway</h1>"), told(result())])
    summary = run(lambda request: ABOUT if request.method == "GET" else next(answers), "a")
    assert summary.exit_code == Exit.DONE


def test_a_proxy_that_knows_nothing_but_the_api_is_no_hindrance() -> None:
    def handler(request: httpx2.Request) -> Any:
        return httpx2.Response(404, html="no") if request.method == "GET" else told(result())

    assert run(handler, "a").exit_code == Exit.DONE


def test_a_full_server_gets_fewer_documents_at_once() -> None:
    room, inside, refused = 2, 0, 0

    async def handler(request: httpx2.Request) -> Any:
        nonlocal inside, refused
        if request.method == "GET":
            return ABOUT
        inside += 1
        try:
            for _ in range(3):
                await anyio.lowlevel.checkpoint()
            if inside > room:
                refused += 1
                return refusal(429, "unavailable", "too_many_requests")
            return told(result())
        finally:
            inside -= 1

    names = [f"d{number}" for number in range(40)]
    summary = run(handler, *names, most=16)
    # Without fewer at once most would have failed: each is tried three times only.
    assert summary.count("done") > 20
    assert refused > 0
