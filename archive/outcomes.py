"""Records of units, made of what servers answered."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from datetime import datetime, timezone

from archive.layout import picture_key, pictures_folder
from archive.records import Failure, Page, Record, Unit
from archive.stores import Changed
from cli.renderings import markdown, pictures
from ocr_client import ApiError, OcrError, Result


def record_of_result(unit: Unit, result: Result, server: str, seconds: float) -> Record:
    """The pages that stand in `result`, read within `seconds`, and why others do not. Raises BadAnswer."""
    pages = tuple(_pages(unit, result, server, seconds / max(1, len(result.pages))))
    return Record(pages, tuple(_left_out(unit, result, server)), server=server)


def record_of_error(unit: Unit, error: OcrError, server: str) -> Record:
    """A failure for each page: servers can't read the unit."""
    code = error.code if isinstance(error, ApiError) else _words(type(error).__name__)
    return _failed(unit, code, error.message, server)


def record_of_fault(unit: Unit, error: OSError) -> Record:
    """A failure for each page: the document can't be fetched."""
    code = "document_missing" if error.errno == errno.ENOENT else "document_unreadable"
    return _failed(unit, "document_changed" if isinstance(error, Changed) else code, str(error), None)


def picture_files(unit: Unit, result: Result) -> dict[str, bytes]:
    """The pictures by their keys. Raises BadAnswer."""
    return {picture_key(unit.document.place, unit.first, str(name)): data for name, data in pictures(result).items()}


def _pages(unit: Unit, result: Result, server: str, seconds: float) -> Iterator[Page]:
    place = unit.document.place
    folder = pictures_folder(place, unit.first)
    names = {name: str(where) for name, where in zip(result.images, pictures(result), strict=True)}
    for page in result.pages:
        yield Page(
            document=unit.document.url,
            version=unit.document.version,
            page=page.index + 1,
            markdown=markdown(result.model_copy(update={"markdown": page.markdown}), folder).decode(),
            blocks=json.dumps([block.model_dump() for block in page.blocks], ensure_ascii=False),
            width=page.width,
            height=page.height,
            images=tuple(picture_key(place, unit.first, names[name]) for name in page.images),
            warnings=tuple(f"{one.type}: {one.message}" for one in result.warnings if one.page in (None, page.index)),
            seconds=round(seconds, 3),
            server=server,
            engine=result.engine,
            model=result.model,
            read_at=_now(),
        )


def _left_out(unit: Unit, result: Result, server: str) -> Iterator[Failure]:
    document, now = unit.document, _now()
    for error in result.errors:
        yield Failure(document.url, document.version, error.page + 1, error.code, error.message, server, now)
    told = {page.index + 1 for page in result.pages} | {error.page + 1 for error in result.errors}
    for page in unit.pages:
        if page is not None and page not in told:
            message = "the server's answer neither has this page nor says why not"
            yield Failure(document.url, document.version, page, "page_missing", message, server, now)


def _failed(unit: Unit, code: str, message: str, server: str | None) -> Record:
    document, now = unit.document, _now()
    failures = (Failure(document.url, document.version, page, code, message, server, now) for page in unit.pages)
    return Record(failures=tuple(failures))


def _words(name: str) -> str:
    """ConnectionLost as connection_lost."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
