"""Documents that can't be fetched: at fault themselves, or their source, or this machine."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from archive.documents import Document
from archive.folders import Folder
from archive.layout import read_key
from archive.stores import NoRoom, Store
from tests.unit.ocr_client.server import Answers, events, stream

from .reader import ReadIt, record


def fetching(monkeypatch: pytest.MonkeyPatch, *errors: OSError) -> None:
    """The folder of the documents fails with one of `errors` after the other, and then no more."""
    left = list(errors)
    fetched = Folder.fetched

    @contextmanager
    def failing(self: Folder, key: str, version: str) -> Iterator[Path]:
        if left:
            raise left.pop(0)
        with fetched(self, key, version) as path:
            yield path

    monkeypatch.setattr(Folder, "fetched", failing)


def test_a_fault_of_the_source_passes(read: ReadIt, monkeypatch: pytest.MonkeyPatch) -> None:
    fetching(monkeypatch, OSError("SlowDown"), OSError(errno.EIO, "Input/output error"))
    told = read(*[Answers(stream(*events(0, 1)))] * 2)
    assert (told.pages, told.sent, told.stop) == (2, 1, None)


def test_a_document_that_can_t_be_read_is_told(read: ReadIt, output: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    fetching(monkeypatch, *[OSError("AccessDenied")] * 3)
    told = read(*[Answers(stream(*events(0, 1)))] * 2)
    assert (told.failures, told.sent, told.stop, told.message) == (2, 0, None, "AccessDenied")
    assert {one.code for one in record(output, told).failures} == {"document_unreadable"}


def test_a_source_that_is_away_ends_the_run(read: ReadIt, root: Path, scan: Document) -> None:
    Path(scan.source, scan.key).unlink()
    Path(scan.source).rmdir()
    told = read(*[Answers(stream(*events(0, 1)))] * 2)
    assert told.stop == "source"
    assert f"the folder {scan.source} is not there" in (told.message or "")
    assert not (root / read_key(0, told.unit)).exists()


def test_a_machine_without_room_for_a_document_ends_the_run(
    read: ReadIt, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetching(monkeypatch, NoRoom("no room"))
    told = read(*[Answers(stream(*events(0, 1)))] * 2)
    assert (told.stop, told.message) == ("output", "no room")
    assert not (root / read_key(0, told.unit)).exists()
