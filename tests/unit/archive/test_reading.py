"""A unit, from the file to its checkpoint, by servers that are functions."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx2
import pytest

from archive.documents import Document
from archive.finishing import Finished
from archive.folders import Folder
from archive.layout import UNITS, done_key, read_key, sent_key
from archive.records import Unit
from archive.stores import Store
from tests.unit.ocr_client.server import PICTURE, Answers, breaking, events, lines, refusal, stream

from .reader import BAD_GATEWAY, OTHER, ReadIt, record

GONE = httpx2.ConnectError("no")


def sent_fields(request: httpx2.Request) -> dict[str, str]:
    parts = re.findall(rb'name="([^"]+)"\r\n\r\n([^\r]*)', request.content)
    return {name.decode(): value.decode() for name, value in parts}


def test_pages_and_pictures_are_kept(read: ReadIt, output: Store, scan: Document) -> None:
    answer = Answers(stream(*events(8, 9)))
    told = read(answer, answer, pages=(9, 10), fields={"dpi": 100, "on_error": "skip"})
    assert (told.pages, told.failures, told.sent, told.kept, told.stop) == (2, 0, 1, False, None)
    kept = record(output, told)
    assert [page.page for page in kept.pages] == [9, 10]
    assert kept.pages[0].images == ("documents/in/a.pdf.imgs/from-9/8.jpg",)
    assert output.read(kept.pages[0].images[0]) == PICTURE
    assert json.loads(kept.pages[0].blocks)[0]["content"] == "page 8"
    (request,) = answer.requests
    assert {**sent_fields(request), "timeout": ""} == {"dpi": "100", "on_error": "skip", "pages": "9-10", "timeout": ""}


def test_links_of_the_markdown_lead_to_the_pictures(read: ReadIt, output: Store) -> None:
    told_events = events(0)
    told_events[1]["page"]["markdown"] = told_events[2]["pages"][0]["markdown"] = '<img src="imgs/0.jpg" />'
    kept = record(output, read(*[Answers(stream(*told_events))] * 2, pages=(1, None)))
    assert kept.pages[0].markdown == '<img src="a.pdf.imgs/0.jpg" />'
    assert kept.pages[0].images == ("documents/in/a.pdf.imgs/0.jpg",)


def test_a_document_of_unknown_pages_is_sent_without_a_choice(read: ReadIt) -> None:
    answer = Answers(stream(*events(0, 1, 2)))
    assert read(answer, answer, pages=(1, None)).pages == 3
    assert "pages" not in sent_fields(answer.requests[0])


def test_what_is_read_is_not_sent_again(read: ReadIt) -> None:
    answer = Answers(stream(*events(0, 1)))
    first = read(answer, answer)
    again = read(answer, answer)
    assert (first.kept, again.kept, again.pages) == (False, True, 2)
    assert len(answer.requests) == 1


def test_what_failed_in_an_earlier_run_is_read_again_only_where_that_is_asked_for(read: ReadIt, output: Store) -> None:
    answer = Answers(refusal(422, "invalid_request", "broken_pdf"))
    assert read(answer, answer, run="one").failures == 2
    assert read(answer, answer, run="two").kept
    # Ray repeats in a run what that run has tried.
    assert read(answer, answer, run="one", retry=True).kept
    again = read(answer, answer, run="two", retry=True)
    assert (again.kept, again.failures, len(answer.requests)) == (False, 2, 2)
    assert read(answer, answer, run="two", retry=True).kept
    good = Answers(stream(*events(0, 1)))
    assert read(good, good, run="three", retry=True).pages == 2
    assert read(good, good, run="four", retry=True).kept
    assert len(good.requests) == 1


def test_a_shard_that_is_done_is_not_read_by_one_that_comes_late(read: ReadIt, output: Store) -> None:
    output.write(done_key(0), json.dumps(asdict(Finished(0, 1, 2, 0, 0, 0))).encode())
    answer = Answers(stream(*events(0, 1)))
    told = read(answer, answer)
    assert (told.kept, told.stop, answer.requests) == (True, None, [])
    assert list(output.list(UNITS)) == []


def test_a_server_that_is_down_is_passed_by(read: ReadIt) -> None:
    for _ in range(5):
        told = read(Answers(GONE), Answers(stream(*events(0, 1))))
        assert (told.server, told.sent, told.pages) == (OTHER, 1, 2)


def test_a_full_server_is_asked_again_when_it_says(read: ReadIt, output: Store) -> None:
    answer = Answers(refusal(429, Retry_After="0"), refusal(503, Retry_After="0"), stream(*events(0, 1)))
    told = read(answer, answer, patience=60)
    assert (told.pages, told.sent, len(answer.requests)) == (2, 1, 3)


def test_a_broken_connection_counts_as_sent(read: ReadIt) -> None:
    cut = breaking(lines(events(0, 1)[0]), httpx2.ReadError("cut"))
    answer = Answers(cut, stream(*events(0, 1)))
    told = read(answer, answer, patience=60)
    assert (told.pages, told.sent) == (2, 2)


def test_what_a_dead_process_may_have_sent_counts_too(read: ReadIt, output: Store, scan: Document) -> None:
    unit = Unit(0, scan, 1, 2)
    output.write(sent_key(0, unit.id), b"2")
    answer = Answers(stream(*events(0, 1)))
    assert read(answer, answer).sent == 3


@pytest.mark.parametrize(
    ("status", "kind", "code", "sent"),
    [
        (422, "invalid_request", "broken_pdf", 1),
        (413, "limit_exceeded", "too_large", 1),
        (502, "engine_error", "engine_failure", 3),
        (504, "timeout", "deadline_exceeded", 3),
        (500, "server_error", "internal", 3),
    ],
)
def test_what_can_t_be_read_is_told_with_its_reason(
    read: ReadIt, output: Store, status: int, kind: str, code: str, sent: int
) -> None:
    answer = Answers(refusal(status, kind, code))
    told = read(answer, answer, patience=60)
    assert (told.pages, told.failures, told.stop, told.message) == (0, 2, None, "not now")
    assert len(answer.requests) == told.sent == sent
    assert [(one.page, one.code, one.message) for one in record(output, told).failures] == [
        (1, code, "not now"),
        (2, code, "not now"),
    ]


def test_a_page_that_is_left_out_is_told(read: ReadIt, output: Store) -> None:
    error = {"page": 1, "type": "engine_error", "code": "engine_failure", "message": "page 2: it broke"}
    answer = Answers(stream(*events(0, errors=[error])))
    told = read(answer, answer, pages=(1, 3))
    assert (told.pages, told.failures) == (1, 2)
    assert [(one.page, one.code) for one in record(output, told).failures] == [
        (2, "engine_failure"),
        (3, "page_missing"),
    ]


def test_a_server_that_names_a_picture_elsewhere_is_not_followed(read: ReadIt, output: Store, root: Path) -> None:
    told_events = events(0)
    told_events[1]["page"]["images"] = {"../../../x.jpg": "AAAA"}
    told = read(*[Answers(stream(*told_events))] * 2, pages=(1, None))
    assert [one.code for one in record(output, told).failures] == ["bad_answer"]
    assert not list(root.rglob("*.jpg"))


def test_a_document_that_changed_or_went_is_told(read: ReadIt, output: Store, scan: Document) -> None:
    answer = Answers(stream(*events(0, 1)))
    path = Path(scan.source) / scan.key
    path.write_bytes(b"another one")
    told = read(answer, answer)
    assert [one.code for one in record(output, told).failures] == ["document_changed"] * 2
    output.delete([read_key(0, told.unit)])
    path.unlink()
    told = read(answer, answer)
    assert [one.code for one in record(output, told).failures] == ["document_missing"] * 2
    assert answer.requests == []


def test_a_document_that_a_proxy_refuses_ends_no_run(read: ReadIt, output: Store) -> None:
    answer = Answers(httpx2.Response(403, html="<h1>This upload looks like an attack</h1>"))
    told = read(answer, answer, patience=60)
    assert (told.stop, told.sent, len(answer.requests)) == (None, 3, 3)
    assert [one.code for one in record(output, told).failures] == ["bad_answer"] * 2


@pytest.mark.parametrize(
    ("answer", "stop"),
    [
        (GONE, "no_server"),
        (refusal(401, "unauthorized", "unauthorized"), "refused"),
        (refusal(503), "no_server"),
        (BAD_GATEWAY, "no_server"),
    ],
)
def test_a_run_ends_where_no_document_is_to_blame(
    read: ReadIt, output: Store, root: Path, answer: Any, stop: str
) -> None:
    told = read(Answers(answer), Answers(answer))
    assert told.stop == stop
    assert not (root / read_key(0, told.unit)).exists()


def test_an_output_that_can_t_be_written_ends_the_run(read: ReadIt, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Folder, "write", full)
    told = read(*[Answers(stream(*events(0, 1)))] * 2)
    assert told.stop == "output"
    assert "No space left" in (told.message or "")
