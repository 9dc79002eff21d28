"""How documents are cut into requests."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from archive.counting import Counter
from archive.documents import Document, Source, listed
from archive.finishing import finish
from archive.inventory import survey
from archive.layout import read_key
from archive.planning import pages_a_request, units
from archive.records import Record, Unit
from archive.stores import Store
from tests.unit.gateway.documents import A4, encoded, encrypted_pdf, pdf, picture, tiff

from .made import failure, page


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def listing(output: Store, folder: Path, *, retry: bool = False) -> None:
    survey(output, listed(Source(str(folder), "in"), "/elsewhere"), shard_documents=100, retry=retry)


def planned(output: Store, most: int = 4, *, retry: bool = False) -> list[tuple[str, int, int | None]]:
    found = units(output, 0, pages_a_request=most, retry=retry)
    return [(unit.document.key, unit.first, unit.last) for unit in found]


def done(output: Store, *records: Record) -> None:
    """As if the units had been read."""
    for record in records:
        output.write(read_key(0, record.unit), record.to_json())
    finish(output, 0, {})


def test_long_documents_are_cut_and_others_are_sent_whole(output: Store, folder: Path) -> None:
    (folder / "long.pdf").write_bytes(pdf(*[A4] * 9))
    (folder / "short.pdf").write_bytes(pdf(A4, A4))
    (folder / "stack.tiff").write_bytes(tiff(*[picture()] * 5))
    (folder / "picture.png").write_bytes(encoded(picture()))
    listing(output, folder)
    assert planned(output) == [
        ("long.pdf", 1, 4),
        ("long.pdf", 5, 8),
        ("long.pdf", 9, 9),
        ("picture.png", 1, None),
        ("short.pdf", 1, 2),
        ("stack.tiff", 1, 4),
        ("stack.tiff", 5, 5),
    ]


def test_what_can_t_be_counted_is_left_to_the_server(output: Store, folder: Path) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    (folder / "empty.pdf").write_bytes(b"")
    (folder / "locked.pdf").write_bytes(encrypted_pdf())
    (folder / "gone.pdf").symlink_to(folder / "nothing")
    (folder / "whole.pdf").write_bytes(pdf(A4))
    listing(output, folder)
    assert {name: last for name, _, last in planned(output)} == {
        "broken.pdf": None,
        "empty.pdf": None,
        "gone.pdf": None,
        "locked.pdf": None,
        "whole.pdf": 1,
    }


def test_a_document_that_kills_the_process_that_counts_is_left_to_the_server(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "sitecustomize.py").write_text(
        "import archive.count_pages, os\n"
        "counted = archive.count_pages.pages\n"
        "def pages(file):\n"
        "    return os.abort() if b'abort' in file.read() else counted((file.seek(0), file)[1])\n"
        "archive.count_pages.pages = pages\n"
    )
    program = "import sitecustomize, archive.count_pages; archive.count_pages.main()"
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setattr(Counter, "command", ("-c", program))
    (folder / "a.pdf").write_bytes(pdf(A4, A4))
    (folder / "b.pdf").write_bytes(b"abort")
    (folder / "c.pdf").write_bytes(pdf(A4, A4, A4))
    with Counter() as counter:
        counts = [count for _, count in counter.counts(listed(Source(str(folder), "in"), "/elsewhere"))]
    assert counts == [2, None, 3]


@pytest.mark.parametrize(
    ("size", "pages"), [(1, 16), (32 << 20, 16), ((32 << 20) + 1, 17), (100 << 20, 50), (1 << 30, 512)]
)
def test_more_pages_are_asked_for_of_a_large_document(size: int, pages: int) -> None:
    assert pages_a_request(16, size) == pages


def test_only_what_is_missing_is_read(output: Store, folder: Path) -> None:
    (folder / "long.pdf").write_bytes(pdf(*[A4] * 9))
    listing(output, folder)
    first, _, _ = units(output, 0, pages_a_request=4, retry=False)
    read = tuple(page(first.document, number) for number in (1, 2, 4))
    done(output, Record(read, (failure(first.document, 3),), unit=first.id))
    assert planned(output) == [("long.pdf", 5, 8), ("long.pdf", 9, 9)]
    assert planned(output, retry=True) == [("long.pdf", 3, 3), ("long.pdf", 5, 8), ("long.pdf", 9, 9)]


def test_a_picture_that_failed_is_tried_again_only_if_asked(output: Store, folder: Path) -> None:
    (folder / "a.png").write_bytes(encoded(picture()))
    listing(output, folder)
    (unit,) = units(output, 0, pages_a_request=4, retry=False)
    done(output, Record((), (failure(unit.document, None),), unit=unit.id))
    assert planned(output) == []
    assert planned(output, retry=True) == [("a.png", 1, None)]


def test_a_new_version_is_read_whole(output: Store, folder: Path) -> None:
    (folder / "a.pdf").write_bytes(pdf(A4))
    listing(output, folder)
    (unit,) = units(output, 0, pages_a_request=4, retry=False)
    done(output, Record((page(unit.document, 1),), unit=unit.id))
    assert planned(output) == []
    (folder / "a.pdf").write_bytes(pdf(A4, A4))
    listing(output, folder)
    assert planned(output) == [("a.pdf", 1, 2)]


def test_units_are_called_by_what_is_read(output: Store) -> None:
    document = Document("/in", "a.pdf", "1", 1, "in/a.pdf")
    others: list[dict[str, Any]] = [
        {"first": 2},
        {"last": 3},
        {"document": Document("/in", "b.pdf", "1", 1, "in/a.pdf")},
        {"document": Document("/in", "a.pdf", "2", 1, "in/a.pdf")},
    ]
    ids = [Unit(**{**asdict(Unit(0, document)), "document": document, **other}).id for other in [{}, *others]]
    assert len(set(ids)) == 5
    assert Unit(9, document).id == ids[0]


def test_a_unit_goes_through_json_as_it_is() -> None:
    unit = Unit(3, Document("/in", "caf\udce9.pdf", "1", 1, "_/x"), 2, 5)
    assert Unit.from_json(unit.to_json()) == unit
    assert json.loads(unit.to_json())["shard"] == 3
