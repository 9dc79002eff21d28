"""A shard put together: each page once, whatever happened before."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from archive import finishing
from archive.documents import Document
from archive.finishing import Finished, finish
from archive.inventory import survey
from archive.layout import UNITS, done_key, failures_key, part_key, read_key
from archive.records import Record
from archive.stores import Store

from .made import document, failure, page

A, B = document("a.pdf"), document("b.pdf")


@pytest.fixture(autouse=True)
def _listed(output: Store) -> None:
    survey(output, [A, B], shard_documents=10, retry=False)


def leave(output: Store, *records: Record) -> list[str]:
    for record in records:
        output.write(read_key(0, record.unit), record.to_json())
    return [record.unit for record in records]


def rows(root: Path) -> list[tuple[str, int, str]]:
    table = pq.read_table(root / part_key(0)).to_pylist()
    return [(Path(row["document"]).name, row["page"], row["markdown"]) for row in table]


def failures(root: Path) -> list[tuple[str, int | None, str]]:
    lines = (root / failures_key(0)).read_text().splitlines()
    return [(Path(row["document"]).name, row["page"], row["code"]) for row in map(json.loads, lines)]


def pages(of: Document, numbers: Iterable[int], **more: Any) -> tuple[Any, ...]:
    return tuple(page(of, number, **more) for number in numbers)


def test_pages_come_in_order_into_one_markdown_and_into_rows(output: Store, root: Path) -> None:
    units = leave(
        output,
        Record(pages(A, (3, 4)), unit="later", sent=1),
        Record(pages(B, (1,), images=("documents/in/b.pdf.imgs/x.jpg",), warnings=("w: x",)), unit="b", sent=1),
        Record(pages(A, (1, 2)), unit="sooner", sent=3),
    )
    assert finish(output, 0, units) == Finished(0, 2, 5, 0, 0, sent_again=4)
    assert [row[:2] for row in rows(root)] == [("a.pdf", 1), ("a.pdf", 2), ("a.pdf", 3), ("a.pdf", 4), ("b.pdf", 1)]
    text = "\n\n".join(f"a.pdf page {number}" for number in (1, 2, 3, 4)) + "\n"
    assert (root / "documents/in/a.pdf.md").read_text() == text
    row = pq.read_table(root / part_key(0)).to_pylist()[-1]
    assert (row["images"], row["warnings"]) == (["documents/in/b.pdf.imgs/x.jpg"], ["w: x"])
    assert not (root / failures_key(0)).exists()


def test_what_failed_is_told_a_line_each(output: Store, root: Path) -> None:
    units = leave(
        output,
        Record(pages(A, (1, 3)), (failure(A, 2, "page_timeout"),), unit="a"),
        Record((), (failure(B, None, "broken_pdf"),), unit="b"),
    )
    finished = finish(output, 0, units)
    assert (finished.pages, finished.failed_pages, finished.failed_documents) == (2, 2, 2)
    assert failures(root) == [("a.pdf", 2, "page_timeout"), ("b.pdf", None, "broken_pdf")]
    assert not (root / "documents/in/b.pdf.md").exists()


@pytest.mark.parametrize("dies_at", [part_key(0), done_key(0), "clear"])
def test_a_crash_at_any_point_leaves_each_page_once(
    output: Store, root: Path, monkeypatch: pytest.MonkeyPatch, dies_at: str
) -> None:
    units = leave(output, Record(pages(A, (1, 2)), unit="a"), Record(pages(B, (1,)), unit="b"))

    class Crash(Exception):
        pass

    def crash(*_: object) -> None:
        raise Crash

    write = type(output).write

    def dying(self: Store, key: str, content: bytes | Path) -> None:
        write(self, key, content)  # type: ignore[arg-type]
        if key == dies_at:
            raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(type(output), "write", dying)
        if dies_at == "clear":
            patched.setattr(finishing, "clear", crash)
        with pytest.raises(Crash):
            finish(output, 0, units)
    again = finish(output, 0, units)
    assert again.pages == 3
    assert [row[:2] for row in rows(root)] == [("a.pdf", 1), ("a.pdf", 2), ("b.pdf", 1)]
    assert list(output.list(UNITS)) == []


def test_a_shard_that_is_done_is_not_put_together_again(output: Store, root: Path) -> None:
    units = leave(output, Record(pages(A, (1, 2)), unit="a"), Record((), (failure(B, None),), unit="b"))
    finished = finish(output, 0, units)
    leave(output, Record(pages(A, (1, 2), markdown="late"), unit="a"))
    assert finish(output, 0, units) == finished
    assert rows(root) == [("a.pdf", 1, "a.pdf page 1"), ("a.pdf", 2, "a.pdf page 2")]
    assert list(output.list(UNITS)) == []


def test_a_page_tried_again_takes_the_place_of_its_failure(output: Store, root: Path) -> None:
    first = (Record(pages(A, (1, 3)), (failure(A, 2),), unit="a"), Record((), (failure(B, None),), unit="b"))
    finish(output, 0, leave(output, *first))
    survey(output, [A, B], shard_documents=10, retry=True)
    finished = finish(output, 0, leave(output, Record(pages(A, (2,), markdown="again"), unit="a2")))
    assert (finished.pages, finished.failed_pages) == (3, 1)
    assert rows(root) == [("a.pdf", 1, "a.pdf page 1"), ("a.pdf", 2, "again"), ("a.pdf", 3, "a.pdf page 3")]
    assert failures(root) == [("b.pdf", None, "engine_failure")]
    assert (root / "documents/in/a.pdf.md").read_text() == "a.pdf page 1\n\nagain\n\na.pdf page 3\n"
    survey(output, [A, B], shard_documents=10, retry=True)
    finish(output, 0, leave(output, Record(pages(B, (1, 2)), unit="b2")))
    assert not (root / failures_key(0)).exists()


def test_rows_of_an_old_version_go(output: Store, root: Path) -> None:
    units = leave(output, Record(pages(A, (1, 2)), unit="a"), Record((), (failure(B, 1),), unit="b"))
    finish(output, 0, units)
    new = [document(name, "2") for name in ("a.pdf", "b.pdf")]
    survey(output, new, shard_documents=10, retry=False)
    finish(output, 0, leave(output, *(Record(pages(one, (1,)), unit=one.key) for one in new)))
    assert [row[:2] for row in rows(root)] == [("a.pdf", 1), ("b.pdf", 1)]
    assert not (root / failures_key(0)).exists()


def test_pictures_and_markdown_of_an_old_version_go(output: Store, root: Path) -> None:
    stale, kept, fresh = (f"documents/in/a.pdf.imgs/{name}.jpg" for name in ("stale", "kept", "fresh"))
    for key in (stale, kept, fresh):
        output.write(key, b"picture")
    units = leave(output, Record(pages(A, (1,), images=(stale, kept)), unit="a"), Record(pages(B, (1,)), unit="b"))
    finish(output, 0, units)
    changed_a, changed_b = document("a.pdf", version="2"), document("b.pdf", version="2")
    survey(output, [changed_a, changed_b], shard_documents=10, retry=False)
    broken = Record((), (failure(changed_b, None, "broken_pdf"),), unit="b2")
    finish(output, 0, leave(output, Record(pages(changed_a, (1,), images=(kept, fresh)), unit="a2"), broken))
    assert sorted(path.name for path in (root / "documents/in/a.pdf.imgs").iterdir()) == ["fresh.jpg", "kept.jpg"]
    assert (root / "documents/in/a.pdf.md").exists()
    assert not (root / "documents/in/b.pdf.md").exists()


def test_a_shard_is_not_done_while_a_checkpoint_is_missing(output: Store, root: Path) -> None:
    units = leave(output, Record(pages(A, (1,)), unit="a"))
    with pytest.raises(FileNotFoundError):
        finish(output, 0, [*units, "b"])
    assert not (root / done_key(0)).exists()
