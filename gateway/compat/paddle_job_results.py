"""The result of a job as PaddleOCR's clients fetch it: a JSON line for each page, pictures told by their addresses.

It is made when it is first asked for, and kept beside the job's answer as lines-answer-<n>.jsonl, pictures-answer-<n>/.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

from pydantic import BaseModel

from gateway.compat import paddlex_answers, pp_ocr
from gateway.compat.paddle_jobs import is_text_job, key_of
from gateway.document import Page
from gateway.jobs import files
from gateway.jobs.job import Job
from gateway.jobs.result import Result
from gateway.storage import room_in

_PICTURE = re.compile(r"[0-9]+-[0-9]+\.jpg")


def lines(job: Job, result: Result) -> Path:
    """The file of the pages of a job's result; in it stands `place_of(job)` for the address of the job's pictures.

    Blocks, and has the whole document in memory where it makes the file; raises FileNotFoundError where the job is
    forgotten meanwhile, StorageFull.
    """
    path = result.answer_path.with_name(f"lines-{result.answer_path.stem}.jsonl")
    if not path.exists():
        with room_in("JOBS_DIR"):
            files.replace(path, _made(job, result).encode())
    return path


def place_of(job: Job) -> str:
    """What stands for the address, which depends on who asks; no document can hold the job's id."""
    return f"address-of-{job.id}"


def addressed(line: bytes, job: Job, address: str) -> bytes:
    """A line of the file with the `address` of the job's pictures in it."""
    return line.replace(place_of(job).encode(), json.dumps(address)[1:-1].encode())


def _made(job: Job, result: Result) -> str:
    document = result.document()
    written = _Pictures(_folder(result), place_of(job), key_of(job))
    if is_text_job(job):
        return _lines(pp_ocr.results_of(document, written), "ocrResults")
    wanted = job.ticket.fields.options.returnMarkdownImages is not False
    return _lines(paddlex_answers.results_of(document, images=wanted, written=written), "layoutParsingResults")


def picture(result: Result, name: str) -> Path | None:
    """Where a picture lies that a line told of; None where there is none of that name."""
    path = _folder(result) / name
    return path if _PICTURE.fullmatch(name) and path.exists() else None


class _Pictures:
    """Keeps pictures in `folder`, each under the number of its page and its own there, and gives their addresses."""

    def __init__(self, folder: Path, address: str, key: str) -> None:
        self._folder = folder
        self._address = address
        self._key = key
        self._count = Counter[int]()

    def __call__(self, page: Page, pictures: dict[str, bytes]) -> dict[str, str]:
        return {name: self._kept(page.index, data) for name, data in pictures.items()}

    def _kept(self, index: int, data: bytes) -> str:
        name = f"{index}-{self._count[index]}.jpg"
        self._count[index] += 1
        path = self._folder / name
        if not path.exists():
            self._folder.mkdir(exist_ok=True)
            files.replace(path, data)
        return f"{self._address}/{name}?key={self._key}"


def _lines(results: BaseModel, pages: str) -> str:
    """The results, a line for each of their `pages`."""
    parts = (results.model_copy(update={pages: [page]}) for page in getattr(results, pages))
    return "".join(f'{{"result": {part.model_dump_json(exclude_none=True)}}}\n' for part in parts)


def _folder(result: Result) -> Path:
    return result.answer_path.with_name(f"pictures-{result.answer_path.stem}")
