"""A folder of results: what is done stays so, and nothing is half there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from cli.documents import Document
from cli.errors import OutputTaken, UsageError
from cli.folder import Folder, journal_of, owns, request_of
from cli.journal import Journal
from cli.sinks import Job
from ocr_client import BadAnswer

from .results import FAILURE, result

PICTURE = {"imgs/a.jpg": b"picture"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def journal(root: Path) -> Iterator[Journal]:
    with journal_of(root) as journal:
        yield journal


@pytest.fixture
def job(tmp_path: Path) -> Job:
    path = tmp_path / "in.pdf"
    path.write_bytes(b"content")
    return Job(Document(str(path), str(path), path, PurePosixPath(), "in", ".pdf"), "deep/in")


def folder(root: Path, journal: Journal, request: str = "{}", *formats: Any, overwrite: bool = False) -> Folder:
    return Folder(root, journal, request, formats or ("md",), overwrite=overwrite)


def read(sink: Folder, job: Job, **more: Any) -> bool:
    """Whether the document was read, as a run does it."""
    state = sink.prepare(job)
    if state is not None:
        sink.keep(job, state, result(**more))
    return state is not None


def files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and ".ocr" not in path.parts}


def test_what_is_done_is_done(root: Path, journal: Journal, job: Job) -> None:
    sink = folder(root, journal, "{}", "md", "json", "zip")
    assert read(sink, job, markdown="![](imgs/a.jpg)", images=PICTURE)
    assert files(root) == {"deep/in.md", "deep/in.json", "deep/in.zip", "deep/in.imgs/a.jpg"}
    assert (root / "deep/in.md").read_text() == "![](in.imgs/a.jpg)"
    assert not read(sink, job)
    # Fewer formats of it are there too; a copy or a touch changes nothing.
    assert isinstance(job.document.source, Path)
    os.utime(job.document.source, (1, 1))
    assert not read(folder(root, Journal(root / ".ocr/journal.jsonl"), "{}", "json"), job)
    assert list((root / ".ocr/tmp").iterdir()) == []


def test_what_changed_is_read_again(root: Path, journal: Journal, job: Job) -> None:
    assert isinstance(job.document.source, Path)
    assert read(folder(root, journal), job, markdown="![](imgs/a.jpg)", images=PICTURE)
    job.document.source.write_bytes(b"CONTENT")
    assert read(folder(root, journal), job, markdown="without pictures")
    # The old pictures are gone.
    assert files(root) == {"deep/in.md"}
    assert read(folder(root, journal, request_of({"pages": "1", "dpi": None})), job)
    assert read(folder(root, journal, '{"pages": "1"}', "json"), job)
    assert read(folder(root, journal, '{"pages": "1"}', "json", overwrite=True), job)
    (root / "deep/in.json").unlink()
    assert read(folder(root, journal, '{"pages": "1"}', "json"), job)
    assert not read(folder(root, journal, '{"pages": "1"}', "json"), job)


def test_what_lacks_pages_is_read_again(root: Path, journal: Journal, job: Job) -> None:
    assert read(folder(root, journal), job, errors=(FAILURE,))
    assert files(root) == {"deep/in.md"}
    assert read(folder(root, journal), job)
    assert not read(folder(root, journal), job)


def test_an_address_is_done_for_good_and_bytes_by_what_they_are(root: Path, journal: Journal) -> None:
    for source in ("http://files.example/a", b"piped"):
        job = Job(Document("a", str(source), source, PurePosixPath(), "a", ""), f"a{len(source)}")
        assert read(folder(root, journal), job)
        assert not read(folder(root, journal), job)


@pytest.mark.parametrize("taken", ["deep/in.md", "deep/in.imgs/mine.jpg"])
def test_files_of_somebody_else_stay(root: Path, journal: Journal, job: Job, taken: str) -> None:
    (root / taken).parent.mkdir(parents=True)
    (root / taken).write_text("mine")
    with pytest.raises(OutputTaken, match="--overwrite"):
        read(folder(root, journal), job)
    assert (root / taken).read_text() == "mine"
    assert read(folder(root, journal, overwrite=True), job)
    assert files(root) == {"deep/in.md"}


def test_a_run_that_failed_while_it_wrote_leaves_nothing_and_is_made_up_for(
    root: Path, journal: Journal, job: Job
) -> None:
    with pytest.raises(BadAnswer):
        read(folder(root, journal), job, images={"imgs/a.jpg": b"1", "../b.jpg": b"2"})
    assert files(root) == set()
    assert read(folder(root, journal), job)
    # Killed between two files: the first is there, and known to be this command's.
    (root / ".ocr/journal.jsonl").write_bytes((root / ".ocr/journal.jsonl").read_bytes().rpartition(b'{"name"')[0])
    assert read(folder(root, Journal(root / ".ocr/journal.jsonl")), job)


def test_what_a_killed_run_was_writing_is_cleared_away(root: Path) -> None:
    (root / ".ocr/tmp/x/new").mkdir(parents=True)
    (root / ".ocr/tmp/x/new/half.md").write_text("ha")
    with journal_of(root):
        assert list((root / ".ocr/tmp").iterdir()) == []


def test_one_run_at_a_time_writes_into_a_folder(root: Path) -> None:
    with journal_of(root), pytest.raises(UsageError, match="another ocr"), journal_of(root):
        pass
    with journal_of(root):
        pass


def test_a_folder_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file")
    with pytest.raises(UsageError, match="Not a directory"), journal_of(tmp_path / "file"):
        pass


def test_results_are_told_from_other_folders(root: Path, journal: Journal, job: Job) -> None:
    read(folder(root, journal), job, images=PICTURE)
    assert owns(root, journal, root)
    assert owns(root, journal, root / "deep" / "in.imgs")
    assert not owns(root, journal, root / "deep")
    assert not owns(root, journal, root / "deep" / "other.imgs")
    assert not owns(root, journal, root.parent)
