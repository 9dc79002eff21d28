from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from cli.documents import Document
from cli.journal import Entry, Journal
from cli.names import assign


def document(path: str, folder: str = "") -> Document:
    parts = PurePosixPath(path)
    return Document(path, path, Path(path), PurePosixPath(folder), parts.stem, parts.suffix)


def names(*documents: Document, journal: Journal | None = None) -> list[str]:
    return [name for _, name in assign(documents, journal)]


def test_documents_of_one_name_get_different_ones() -> None:
    given = names(document("/a/x.pdf"), document("/b/x.png"), document("/c/x.pdf"), document("/d/x.png"))
    assert given[:2] == ["x", "x.png"]
    assert given[2] == "x.pdf"
    assert given[3].startswith("x.png-")
    assert len(set(given)) == 4


def test_names_that_are_one_file_elsewhere_are_not_given_twice() -> None:
    assert names(document("/a/Report.pdf"), document("/b/REPORT.PDF")) == ["Report", "REPORT.PDF"]


def test_folders_keep_them_apart() -> None:
    assert names(document("/a/x.pdf", "a"), document("/b/x.pdf", "b")) == ["a/x", "b/x"]


def test_a_later_run_gives_the_same_names_whatever_it_is_asked(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    first, second = document("/a/x.pdf"), document("/b/x.pdf")
    for mine, name in assign([first, second], None):
        journal.put(Entry(name, mine.identity))
    assert names(second, journal=journal) == ["x.pdf"]
    assert names(second, first, journal=journal) == ["x.pdf", "x"]
    third = names(document("/c/x.pdf"), journal=journal)
    assert third[0].startswith("x.pdf-")


def test_long_names_leave_room_for_what_comes_behind() -> None:
    given = names(*(document(f"/{place}/{'ж' * 125}.pdf") for place in "ab"))
    assert all(len(os.fsencode(name)) < 200 for name in given)
    assert len(set(given)) == 2
