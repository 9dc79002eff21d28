"""A folder of results that remembers what is done."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from cli.arguments import Format
from cli.errors import OutputTaken, UsageError
from cli.fingerprints import Fingerprint, fingerprint, same_status
from cli.journal import Entry, Journal
from cli.renderings import markdown, pictures, write_zip
from cli.sinks import Job
from ocr_client import ReadFields, Result

_STATE = ".ocr"
"""The folder of what is not a result: the journal, the lock, files that are being written."""
_PICTURES = ".imgs"


class Folder:
    """Results below `root`: `report.md` with its pictures in `report.imgs/`, `report.json`, `report.zip`.

    Each file is whole or not there. A document is done when all of it is written, and stays so while it, the request
    and the formats are the same. What was written with pages left out is read again.
    """

    def __init__(
        self, root: Path, journal: Journal, request: str, formats: Sequence[Format], *, overwrite: bool
    ) -> None:
        self._root = root
        self._journal = journal
        self._request = request
        self._formats = formats
        self._overwrite = overwrite

    def prepare(self, job: Job) -> Fingerprint | None:
        """As Sink has it. Raises OutputTaken for files that this command did not write."""
        entry = self._journal.get(job.name)
        targets = self._targets(job.name)
        if entry is None and not self._overwrite:
            for target in (*targets, self._pictures(job.name)):
                if target.exists():
                    raise OutputTaken(f"{target} is there, and not from this command: --overwrite replaces it")
        if entry is None or not entry.done or self._overwrite or not self._covers(entry, targets):
            return fingerprint(job.document)
        if same_status(entry.fingerprint, job.document):
            return None
        state = fingerprint(job.document)
        return None if state.sha256 == entry.fingerprint.sha256 else state

    def keep(self, job: Job, state: Fingerprint, result: Result) -> None:
        """As Sink has it."""
        mine = Entry(job.name, job.document.identity)
        self._journal.put(mine)
        with tempfile.TemporaryDirectory(dir=self._root / _STATE / "tmp") as folder:
            staging = Path(folder)
            self._write(staging, Path(job.name).name, result)
            target = (self._root / job.name).parent
            target.mkdir(parents=True, exist_ok=True)
            old = self._pictures(job.name)
            if "md" in self._formats and old.exists():
                old.rename(staging / "old")
            # Pictures first: the Markdown refers to them.
            for path in sorted((staging / "new").iterdir(), key=lambda path: path.is_file()):
                path.replace(target / path.name)
        if not result.errors:
            formats = tuple(self._formats)
            self._journal.put(replace(mine, done=True, fingerprint=state, request=self._request, formats=formats))

    def _write(self, staging: Path, stem: str, result: Result) -> None:
        new = staging / "new"
        new.mkdir()
        if "md" in self._formats:
            for place, data in pictures(result).items():
                picture = new / f"{stem}{_PICTURES}" / place
                picture.parent.mkdir(parents=True, exist_ok=True)
                picture.write_bytes(data)
            (new / f"{stem}.md").write_bytes(markdown(result, f"{stem}{_PICTURES}"))
        if "json" in self._formats:
            (new / f"{stem}.json").write_text(result.to_json(), encoding="utf-8")
        if "zip" in self._formats:
            write_zip(result, new / f"{stem}.zip")

    def _targets(self, name: str) -> list[Path]:
        return [self._root / f"{name}.{form}" for form in self._formats]

    def _pictures(self, name: str) -> Path:
        return self._root / f"{name}{_PICTURES}"

    def _covers(self, entry: Entry, targets: Sequence[Path]) -> bool:
        """Whether what was written is what is asked for now, and still there."""
        return (
            entry.request == self._request
            and set(self._formats) <= set(entry.formats)
            and all(target.exists() for target in targets)
        )


@contextmanager
def journal_of(root: Path) -> Iterator[Journal]:
    """The journal of an output folder, which is nobody else's meanwhile.

    Raises UsageError where another run writes there, or the folder can't be made.
    """
    state = root / _STATE
    lock = FileLock(state / "lock", timeout=0)
    try:
        (state / "tmp").mkdir(parents=True, exist_ok=True)
        lock.acquire()
        # What a run that was killed was writing.
        shutil.rmtree(state / "tmp")
        (state / "tmp").mkdir()
        journal = Journal(state / "journal.jsonl")
    except Timeout:
        raise UsageError(f"{root}: another ocr writes into this folder; wait for it, or name another one") from None
    except OSError as error:
        lock.release()
        raise UsageError(f"results can't be written into {root}: {error.strerror}") from None
    try:
        yield journal
    finally:
        lock.release()


def request_of(fields: ReadFields) -> str:
    """How documents are read, to compare runs by."""
    return json.dumps({name: value for name, value in fields.items() if value is not None}, sort_keys=True)


def owns(root: Path, journal: Journal, folder: Path) -> bool:
    """Whether `folder` holds results: it is `root`, or pictures of a document."""
    place = folder.resolve()
    root = root.resolve()
    return place == root or (
        place.name.endswith(_PICTURES)
        and place.is_relative_to(root)
        and journal.get(place.relative_to(root).as_posix().removesuffix(_PICTURES)) is not None
    )
