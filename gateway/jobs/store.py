"""Jobs as files, which every gateway that shares them sees; nothing else knows what a job is or was.

JOBS_DIR/<id>/job.json            what was asked
JOBS_DIR/<id>/document            until the job ends
JOBS_DIR/<id>/attempt-<n>.json    how far the n-th attempt is; made by the one who may run it, touched while he lives
JOBS_DIR/<id>/released-<n>        that attempt is over without an end: "returned" by a stop, "lost" with its gateway
JOBS_DIR/<id>/answer-<n>.json     the answer of POST /ocr; answer-<n>.md its Markdown
JOBS_DIR/<id>/pages-<n>.json      what of the document the answer does not tell
JOBS_DIR/<id>/lines-…, pictures-…   other forms of that answer, made when they are asked for
JOBS_DIR/<id>/end.json            how the job ended: whoever makes it first decides, also between an answer and DELETE

All of it blocks, and raises OSError where the disk does.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Literal

from gateway.document import Document
from gateway.jobs import files
from gateway.jobs.job import Attempt, End, Job, Ticket, Turn
from gateway.jobs.result import Result, pages_json
from gateway.schemas import OcrAnswer

_ID = re.compile(r"[0-9a-f]{32}")
_ATTEMPT = re.compile(r"attempt-([0-9]+)\.json")
_UNFINISHED_SECONDS = 24 * 3600
"""Folders that a killed gateway left half made are removed when they are as old."""


def now() -> datetime:
    """The time, as files tell it."""
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Sign:
    """What is seen of a job that has not ended: it changes as long as somebody reads it."""

    id: str
    client: str
    attempts: int
    running: bool
    touched: int


class JobStore:
    """The jobs under `folder`, each kept for `keep_seconds` after its end."""

    def __init__(self, folder: Path, keep_seconds: float) -> None:
        self.folder = folder.absolute()
        self._keep = timedelta(seconds=keep_seconds)

    def open(self) -> str:
        """Make the folder where it is not, and give the name that it keeps for good."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = self.folder / "name"
        if not name.exists():
            files.create(name, uuid.uuid4().hex.encode())
        return name.read_text()

    def add(self, ticket: Ticket, document: Path) -> None:
        """Take a job in, its document moved here: whole or not at all."""
        unfinished = Path(tempfile.mkdtemp(prefix=".new-", dir=self.folder))
        try:
            files.replace(unfinished / "job.json", ticket.model_dump_json().encode())
            shutil.move(document, unfinished / "document")
            unfinished.rename(self.folder / ticket.id)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise

    def load(self, job_id: str) -> Job | None:
        """The job; None where there is none, or no longer."""
        if not _ID.fullmatch(job_id):
            return None
        folder = self.folder / job_id
        try:
            ticket = Ticket.model_validate_json((folder / "job.json").read_bytes())
            end = _end(folder)
            number, running = _attempts(folder)
            attempt = _attempt(folder, number) if running or end is not None else None
        except FileNotFoundError:
            return None
        if end is None:
            return Job(ticket, "running" if running else "queued", attempt, None, None)
        expires_at = end.ended + self._keep
        return None if expires_at <= now() else Job(ticket, end.status, attempt, end, expires_at)

    def ticket(self, job_id: str) -> Ticket | None:
        """What was asked; None where the job is gone."""
        try:
            return Ticket.model_validate_json((self.folder / job_id / "job.json").read_bytes())
        except FileNotFoundError:
            return None

    def ids(self) -> list[str]:
        """Every job that is here."""
        return [path.name for path in self.folder.iterdir() if _ID.fullmatch(path.name)]

    def sign(self, job_id: str) -> Sign | None:
        """What is seen of a job; None where it has ended, or is gone."""
        folder = self.folder / job_id
        try:
            if _end(folder) is not None:
                return None
            number, running = _attempts(folder)
            touched = 0
            if running:
                # Opened, so that a network file system asks its server.
                with _attempt_file(folder, number).open("rb"):
                    touched = _attempt_file(folder, number).stat().st_mtime_ns
            client = Ticket.model_validate_json((folder / "job.json").read_bytes()).client
        except FileNotFoundError:
            return None
        return Sign(job_id, client, number, running, touched)

    def document(self, job_id: str) -> Path:
        """Where the document of a job lies until it ends."""
        return self.folder / job_id / "document"

    def claim(self, turn: Turn, attempt: Attempt) -> Ticket | None:
        """Begin an attempt; None where another has it already, or where nothing is left to do."""
        folder = self.folder / turn.id
        try:
            if _end(folder) is not None or _attempts(folder) != (turn.number - 1, False):
                return None
            if not files.create(_attempt_file(folder, turn.number), attempt.model_dump_json().encode()):
                return None
            return Ticket.model_validate_json((folder / "job.json").read_bytes())
        except FileNotFoundError:
            return None

    def beat(self, turn: Turn, attempt: Attempt | None) -> bool:
        """Give a sign of life, with what is new; whether the attempt still is its runner's."""
        folder = self.folder / turn.id
        if not folder.exists() or (folder / "end.json").exists() or _attempts(folder) != (turn.number, True):
            return False
        path = _attempt_file(folder, turn.number)
        with suppress(OSError):
            if attempt is not None:
                files.replace(path, attempt.model_dump_json().encode())
        with suppress(FileNotFoundError):
            # A full disk takes this too.
            path.touch()
        return True

    def release(self, turn: Turn, reason: Literal["returned", "lost"]) -> int:
        """End an attempt, so that the next can begin; how many of the job's attempts were lost."""
        folder = self.folder / turn.id
        with suppress(FileNotFoundError):
            files.create(folder / f"released-{turn.number}", reason.encode())
        return sum(path.read_bytes() == b"lost" for path in folder.glob("released-*"))

    def finish(self, turn: Turn, answer: OcrAnswer, document: Document) -> bool:
        """Keep the answer, and end the job; False where it has ended otherwise."""
        folder = self.folder / turn.id
        # The disk may have room for an answer only without the document; an attempt that comes after a crash needs it.
        try:
            files.replace(folder / f"answer-{turn.number}.json", answer.model_dump_json().encode())
            files.replace(folder / f"answer-{turn.number}.md", answer.markdown.encode())
            files.replace(folder / f"pages-{turn.number}.json", pages_json(document))
            warnings = len(answer.warnings)
            ended = self.end(turn.id, End(status="done", ended=now(), attempt=turn.number, warnings=warnings))
        except BaseException:
            self._forget_answer(turn)
            raise
        if not ended:
            self._forget_answer(turn)
        return ended

    def end(self, job_id: str, end: End) -> bool:
        """End a job; False where it has ended already, or is gone."""
        folder = self.folder / job_id
        try:
            if not files.create(folder / "end.json", end.model_dump_json().encode()):
                return False
        except FileNotFoundError:
            return False
        (folder / "document").unlink(missing_ok=True)
        return True

    def result(self, job: Job) -> Result:
        """The answer of a job that is done."""
        folder, number = self.folder / job.id, job.end.attempt if job.end else 0
        return Result(folder / f"answer-{number}.json", folder / f"answer-{number}.md", folder / f"pages-{number}.json")

    def remove(self, job_id: str) -> None:
        """Forget a job."""
        gone = self.folder / f".gone-{uuid.uuid4().hex}"
        with suppress(FileNotFoundError):
            (self.folder / job_id).rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def remove_expired(self, job_id: str) -> float | None:
        """Forget a job whose time is over; Unix seconds when it will be, None where it has not ended."""
        with suppress(FileNotFoundError):
            end = _end(self.folder / job_id)
            if end is None:
                return None
            expires_at = end.ended + self._keep
            if expires_at > now():
                return expires_at.timestamp()
        self.remove(job_id)
        return None

    def remove_unfinished(self) -> None:
        """Remove what killed gateways left half made."""
        for path in self._unfinished():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < time.time() - _UNFINISHED_SECONDS:
                    shutil.rmtree(path, ignore_errors=True)

    def _unfinished(self) -> Iterator[Path]:
        return (path for path in self.folder.iterdir() if path.name.startswith(".") and path.is_dir())

    def _forget_answer(self, turn: Turn) -> None:
        for pattern in (f"answer-{turn.number}.*", f"pages-{turn.number}.json"):
            for path in (self.folder / turn.id).glob(pattern):
                path.unlink(missing_ok=True)


def _end(folder: Path) -> End | None:
    """How the job ended. Raises FileNotFoundError where there is none."""
    try:
        return End.model_validate_json((folder / "end.json").read_bytes())
    except FileNotFoundError:
        folder.stat()
        return None


def _attempts(folder: Path) -> tuple[int, bool]:
    """How many attempts were begun, and whether the last goes on."""
    names = {path.name for path in folder.iterdir()}
    number = max((int(match[1]) for name in names if (match := _ATTEMPT.fullmatch(name))), default=0)
    return number, number > 0 and f"released-{number}" not in names


def _attempt(folder: Path, number: int) -> Attempt | None:
    return Attempt.model_validate_json(_attempt_file(folder, number).read_bytes()) if number else None


def _attempt_file(folder: Path, number: int) -> Path:
    return folder / f"attempt-{number}.json"
