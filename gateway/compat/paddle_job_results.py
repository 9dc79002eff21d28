"""The result of a job as PaddleOCR's clients fetch it: a JSON line for each page, pictures told by their addresses."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from gateway.compat import paddlex_answers, pp_ocr
from gateway.compat.paddle_jobs import is_text_job, key_of
from gateway.document import Page
from gateway.jobs import files
from gateway.jobs.job import Job
from gateway.jobs.result import Result
from gateway.storage import room_in

_PICTURE = re.compile(r"[0-9]+-[0-9]+\.jpg")


def lines(job: Job, result: Result, address: str) -> str:
    """The pages of a job's result; `address` is that of the job's pictures, which are kept beside the result.

    Blocks; raises FileNotFoundError where the job is forgotten meanwhile, StorageFull.
    """
    document = result.document()
    if is_text_job(job):
        texts = pp_ocr.results_of(document)
        pages = [texts.model_copy(update={"ocrResults": [page]}) for page in texts.ocrResults]
        return "".join(_line(page.model_dump_json(exclude_none=True)) for page in pages)
    written = _Pictures(_folder(result), address, key_of(job))
    wanted = job.ticket.fields.options.returnMarkdownImages is not False
    with room_in("JOBS_DIR"):
        results = paddlex_answers.results_of(document, images=wanted, written=written)
    parts = [results.model_copy(update={"layoutParsingResults": [page]}) for page in results.layoutParsingResults]
    return "".join(_line(page.model_dump_json(exclude_none=True)) for page in parts)


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


def _line(result: str) -> str:
    return f'{{"result": {result}}}\n'


def _folder(result: Result) -> Path:
    return result.answer_path.with_name(f"pictures-{result.answer_path.stem}")
