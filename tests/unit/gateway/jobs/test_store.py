"""Jobs as files: who may run them, who ends them, and what is left of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.answer import build
from gateway.document import Document, Failure, Page, Warn
from gateway.errors import BadImage
from gateway.jobs.job import Attempt, End, Fault
from gateway.jobs.store import JobStore, now
from tests.unit.gateway.jobs.conftest import NAME, ticket, turn

MakeDocument = Callable[[], Path]


def page(index: int) -> Page:
    block = {"block_label": "text", "block_bbox": [0, 0, 2, 2], "block_content": "Ж", "block_order": 1, "extra": [1.5]}
    result = {"width": 3, "height": 2, "parsing_res_list": [block]}
    return Page(
        index=index,
        result=result,
        markdown="Ж",
        images={f"imgs/{index}.jpg": b"\xff\xd8a"},
        tokens=4,
        warnings=(Warn(index, "t", "m"),),
        image=b"\x89PNG\r\n\x1a\n",
        width=3,
        height=2,
        drawings={"layout": b"\xff\xd8d"},
    )


DOCUMENT = Document(
    pages=[page(0), page(2)],
    page_count=3,
    kind="pdf",
    warnings=[Warn(0, "t", "m"), Warn(2, "t", "m"), Warn(None, "u", "whole")],
    engine="lite",
    model="tiny",
    failures=[Failure(1, BadImage("page 2: broken"))],
)


def begun(store: JobStore, document: Path, number: int = 1) -> None:
    store.add(ticket(), document)
    assert store.claim(turn(number), Attempt(started=now())) is not None


def test_an_answer_comes_back_as_it_was_with_all_of_the_document(store: JobStore, document: MakeDocument) -> None:
    begun(store, document())
    answer = build(DOCUMENT, answer_id=NAME, seconds=1.0)
    assert store.finish(turn(), answer, DOCUMENT)
    job = store.load(NAME)
    assert job is not None
    assert job.status == "done"
    result = store.result(job)
    assert result.answer() == answer
    assert result.markdown_path.read_text() == answer.markdown
    again = result.document()
    assert again.failures[0].page == 1
    assert isinstance(again.failures[0].error, BadImage)
    assert again.pages == DOCUMENT.pages
    assert (again.page_count, again.kind, again.warnings, again.engine, again.tokens) == (
        3,
        "pdf",
        DOCUMENT.warnings,
        "lite",
        8,
    )
    assert not store.document(NAME).exists()


def test_of_many_who_claim_an_attempt_one_gets_it(store: JobStore, document: MakeDocument) -> None:
    store.add(ticket(), document())
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda _: store.claim(turn(), Attempt(started=now())), range(32)))
    assert sum(claim is not None for claim in claims) == 1
    assert store.claim(turn(2), Attempt(started=now())) is None


def test_an_attempt_that_was_released_is_its_runners_no_more(store: JobStore, document: MakeDocument) -> None:
    begun(store, document())
    assert store.beat(turn(), None)
    assert store.release(turn(), "lost") == 1
    assert not store.beat(turn(), None)
    assert store.claim(turn(2), Attempt(started=now())) is not None
    assert store.beat(turn(2), Attempt(started=now(), total=5, done=3))
    assert store.release(turn(2), "returned") == 1
    job = store.load(NAME)
    assert job is not None
    assert job.status == "queued"


def test_the_first_end_decides(store: JobStore, document: MakeDocument) -> None:
    begun(store, document())
    assert store.end(NAME, End(status="cancelled", ended=now()))
    assert not store.finish(turn(), build(DOCUMENT, answer_id=NAME, seconds=1.0), DOCUMENT)
    assert not store.end(NAME, End(status="failed", ended=now(), fault=Fault(code="bad_image", message="x")))
    assert {path.name for path in (store.folder / NAME).iterdir()} == {"job.json", "attempt-1.json", "end.json"}


def test_what_is_gone_is_gone_for_all(store: JobStore, document: MakeDocument) -> None:
    begun(store, document())
    store.remove(NAME)
    assert store.load(NAME) is None
    assert store.ticket(NAME) is store.sign(NAME) is None
    assert not store.beat(turn(), None)
    assert not store.end(NAME, End(status="cancelled", ended=now()))
    assert store.claim(turn(2), Attempt(started=now())) is None
    assert store.release(turn(), "lost") == 0


def test_nothing_stays_of_a_job_that_could_not_be_taken_in(store: JobStore, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        store.add(ticket(), tmp_path / "missing")
    assert [path.name for path in store.folder.iterdir()] == ["name"]


def test_what_killed_gateways_left_half_made_is_removed_once_it_is_old(store: JobStore) -> None:
    for name in (".new-old", ".new-young"):
        (store.folder / name).mkdir()
    os.utime(store.folder / ".new-old", (0, 0))
    store.remove_unfinished()
    assert [path.name for path in store.folder.iterdir() if path.is_dir()] == [".new-young"]


def test_the_folder_keeps_its_name(store: JobStore) -> None:
    assert store.open() == JobStore(store.folder, 1).open()
