"""A shard put together: each page once, whatever happened before."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from archive import finishing, rows
from archive.documents import Document
from archive.finishing import Finished, finish
from archive.folders import Folder
from archive.inventory import survey
from archive.layout import UNITS, done_key, failures_key, markdown_key, part_key, read_key
from archive.records import Record
from archive.stores import Store

from .made import document, failure, page

A, B = document("a.pdf"), document("b.pdf")


@pytest.fixture(autouse=True)
def _listed(output: Store) -> None:
    survey(output, [A, B], shard_documents=10, retry=False)


def leave(output: Store, *records: Record) -> dict[str, list[str]]:
    units: dict[str, list[str]] = {}
    for record in records:
        output.write(read_key(0, record.unit), record.to_json())
        of = (record.pages or record.failures)[0].document
        units.setdefault(of, []).append(record.unit)
    return units


class Crash(Exception):
    pass


@contextmanager
def dying_at(key: str) -> Iterator[None]:
    """The process dies once it has written `key`."""
    write = Folder.write

    def dying(self: Folder, written: str, content: bytes | Path) -> None:
        write(self, written, content)
        if written == key:
            raise Crash

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Folder, "write", dying)
        with pytest.raises(Crash):
            yield


def standing(root: Path) -> list[tuple[str, int, str]]:
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
    assert [row[:2] for row in standing(root)] == [("a.pdf", 1), ("a.pdf", 2), ("a.pdf", 3), ("a.pdf", 4), ("b.pdf", 1)]
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


@pytest.mark.parametrize("dies_at", [markdown_key(A.place), part_key(0), failures_key(0), done_key(0), "clear"])
@pytest.mark.parametrize("cut_again", [True, False])
def test_a_crash_at_any_point_leaves_each_page_once(
    output: Store, root: Path, monkeypatch: pytest.MonkeyPatch, dies_at: str, cut_again: bool
) -> None:
    """What stands in the results by then is not cut into units again, by a run that knows of no checkpoint."""
    first = Record(pages(A, (1, 2)), (failure(A, 3),), unit="a")
    units = leave(output, first, Record(pages(B, (1,)), unit="b"))

    def crash(*_: object) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        if dies_at == "clear":
            patched.setattr(finishing, "clear", crash)
            with pytest.raises(Crash):
                finish(output, 0, units)
        else:
            with dying_at(dies_at):
                finish(output, 0, units)
    again = finish(output, 0, units if cut_again else {})
    assert (again.pages, again.failed_pages) == (3, 1)
    assert [row[:2] for row in standing(root)] == [("a.pdf", 1), ("a.pdf", 2), ("b.pdf", 1)]
    assert failures(root) == [("a.pdf", 3, "engine_failure")]
    assert list(output.list(UNITS)) == []


def test_a_failure_goes_though_the_run_that_tried_again_died(output: Store, root: Path) -> None:
    finish(output, 0, leave(output, Record(pages(A, (1,)), (failure(A, 2),), unit="a")))
    survey(output, [A, B], shard_documents=10, retry=True)
    with dying_at(part_key(0)):
        finish(output, 0, leave(output, Record(pages(A, (2,)), unit="a2")))
    assert failures(root) == [("a.pdf", 2, "engine_failure")]
    assert finish(output, 0, {}).failed_pages == 0
    assert [row[:2] for row in standing(root)] == [("a.pdf", 1), ("a.pdf", 2)]
    assert not (root / failures_key(0)).exists()


def test_a_page_that_stands_in_the_rows_has_not_failed(output: Store, root: Path) -> None:
    finish(output, 0, leave(output, Record(pages(A, (1, 2)), unit="a"), Record((), (failure(B, 1),), unit="b")))
    told = [failure(A, 2), failure(A, 3), failure(B, 1)]
    output.write(failures_key(0), "".join(json.dumps(asdict(one)) + "\n" for one in told).encode())
    output.delete([done_key(0)])
    assert finish(output, 0, {}).failed_pages == 2
    assert failures(root) == [("a.pdf", 3, "engine_failure"), ("b.pdf", 1, "engine_failure")]


def test_units_of_this_run_count_where_a_dead_one_cut_otherwise(output: Store, root: Path) -> None:
    leave(output, Record(pages(A, (1, 2), markdown="old"), (failure(A, 3, "old"), failure(A, 4, "old")), unit="whole"))
    units = leave(
        output,
        Record(pages(A, (1, 2), markdown="new"), unit="first"),
        Record(pages(A, (3,), markdown="new"), (failure(A, 4, "new"),), unit="last"),
    )
    finish(output, 0, units)
    assert standing(root) == [("a.pdf", number, "new") for number in (1, 2, 3)]
    assert failures(root) == [("a.pdf", 4, "new")]


def test_another_process_may_have_done_it_meanwhile(output: Store, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    units = leave(output, Record(pages(A, (1,)), unit="a"), Record(pages(B, (1,)), unit="b"))
    read = Folder.read

    def late(self: Folder, key: str) -> bytes:
        if key == read_key(0, "b"):
            monkeypatch.setattr(Folder, "read", read)
            finish(output, 0, units)
        return read(self, key)

    monkeypatch.setattr(Folder, "read", late)
    assert finish(output, 0, units).pages == 2
    assert [row[:2] for row in standing(root)] == [("a.pdf", 1), ("b.pdf", 1)]


def test_one_document_is_held_at_a_time(output: Store, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read of a document is written before another one's checkpoints, or rows, are looked at."""
    monkeypatch.setattr(rows, "_ROWS_A_GROUP", 2)
    finish(output, 0, leave(output, Record(pages(A, range(1, 4)), unit="a"), Record(pages(B, range(1, 6)), unit="b")))
    file = pq.ParquetFile(root / part_key(0))
    assert [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)] == [3, 5]
    output.delete([done_key(0)])
    units = leave(output, Record(pages(A, (4,)), unit="a"), Record(pages(B, (6,)), unit="b"))
    order: list[str] = []
    of, read, write = rows.Rows.of, Folder.read, Folder.write

    def noted(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def note(self: Any, key: str, *more: Any) -> Any:
            order.append(f"{name} {Path(key).name}")
            return call(self, key, *more)

        return note

    monkeypatch.setattr(rows.Rows, "of", noted("rows", of))
    monkeypatch.setattr(Folder, "read", noted("read", read))
    monkeypatch.setattr(Folder, "write", noted("write", write))
    assert finish(output, 0, units).pages == 10
    of_a = ["read a.json", "rows a.pdf", "write a.pdf.md"]
    assert order[order.index("read a.json") :][:6] == [*of_a, *(step.replace("a.", "b.") for step in of_a)]
    assert [row[1] for row in standing(root)] == [1, 2, 3, 4, 1, 2, 3, 4, 5, 6]


def test_a_shard_that_is_done_is_not_put_together_again(output: Store, root: Path) -> None:
    units = leave(output, Record(pages(A, (1, 2)), unit="a"), Record((), (failure(B, None),), unit="b"))
    finished = finish(output, 0, units)
    leave(output, Record(pages(A, (1, 2), markdown="late"), unit="a"))
    assert finish(output, 0, units) == finished
    assert standing(root) == [("a.pdf", 1, "a.pdf page 1"), ("a.pdf", 2, "a.pdf page 2")]
    assert list(output.list(UNITS)) == []


def test_a_page_tried_again_takes_the_place_of_its_failure(output: Store, root: Path) -> None:
    first = (Record(pages(A, (1, 3)), (failure(A, 2),), unit="a"), Record((), (failure(B, None),), unit="b"))
    finish(output, 0, leave(output, *first))
    survey(output, [A, B], shard_documents=10, retry=True)
    finished = finish(output, 0, leave(output, Record(pages(A, (2,), markdown="again"), unit="a2")))
    assert (finished.pages, finished.failed_pages) == (3, 1)
    assert standing(root) == [("a.pdf", 1, "a.pdf page 1"), ("a.pdf", 2, "again"), ("a.pdf", 3, "a.pdf page 3")]
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
    assert [row[:2] for row in standing(root)] == [("a.pdf", 1), ("b.pdf", 1)]
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
        finish(output, 0, {**units, B.url: ["b"]})
    assert not (root / done_key(0)).exists()
