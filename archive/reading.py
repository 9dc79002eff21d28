"""Reads units by the fleet, and leaves a checkpoint of each."""

from __future__ import annotations

import errno
import json
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal

from archive.errors import NoServer, OutputFailed
from archive.finishing import is_done
from archive.fleet import Fleet, Server
from archive.layout import picture_key, pictures_folder, read_key, sent_key
from archive.records import Failure, Page, Record, Unit
from archive.stores import Changed, open_store
from cli.renderings import markdown, pictures
from ocr_client import (
    ApiError,
    BadAnswer,
    Client,
    InvalidRequest,
    LimitExceeded,
    OcrError,
    ReadFields,
    Result,
    Retries,
    ServerUnreachable,
    Unauthorized,
    Unavailable,
)

Stop = Literal["no_server", "refused", "output"]

_REST_SECONDS = 1.0
"""For a full server that does not say when to come again."""
_TOO_MANY_REQUESTS = 429


@dataclass(frozen=True)
class Reading:
    """How units are read: `each` requests at once at each server, `attempts` for a unit, times in seconds."""

    output: str
    servers: tuple[str, ...]
    each: int
    fields: ReadFields
    attempts: int
    timeout: float
    patience: float
    ca_file: Path | None = None


@dataclass(frozen=True)
class Told:
    """What the driver hears of a unit.

    `kept` was there before, `share` counts documents by the units of their shard, `message` is the first failure's,
    or why the run is to `stop`.
    """

    shard: int
    unit: str
    document: str
    pages: int = 0
    failures: int = 0
    sent: int = 0
    server: str | None = None
    kept: bool = False
    share: float = 0.0
    stop: Stop | None = None
    message: str | None = None


class Reader:
    """Reads one unit at a time for each thread that calls it; clients and connections are shared.

    `fleet` takes the place of that of `reading`.
    """

    def __init__(self, reading: Reading, fleet: Fleet | None = None) -> None:
        self._reading = reading
        self._output = open_store(reading.output)
        self._fleet = fleet or _fleet(reading)

    def __call__(self, unit: Unit) -> Told:
        """Read `unit`, unless that has been done. What goes wrong is told; nothing that can be foreseen is raised.

        A process of a node that counts as dead may still be alive: it begins no unit of a shard that is done.
        """
        told = Told(unit.shard, unit.id, unit.document.url)
        try:
            return self._told(told, unit)
        except NoServer as error:
            return replace(told, stop="no_server", message=str(error))
        except Unauthorized as error:
            return replace(told, stop="refused", message=error.message)
        except OutputFailed as error:
            return replace(told, stop="output", message=str(error))

    def _told(self, told: Told, unit: Unit) -> Told:
        with _writing():
            if is_done(self._output, unit.shard):
                return replace(told, kept=True)
            kept = self._kept(unit)
        record = kept or self._read(unit)
        return replace(
            told,
            pages=len(record.pages),
            failures=len(record.failures),
            sent=record.sent,
            server=record.server,
            kept=kept is not None,
            message=record.failures[0].message if record.failures else None,
        )

    def _kept(self, unit: Unit) -> Record | None:
        try:
            return Record.from_json(self._output.read(read_key(unit.shard, unit.id)))
        except FileNotFoundError:
            return None

    def _read(self, unit: Unit) -> Record:
        """The record of `unit`, written."""
        with _writing():
            sent_before = self._mark_as_sent(unit)
        begun_at = time.monotonic()
        try:
            with open_store(unit.document.source).fetched(unit.document.key, unit.document.version) as path:
                record = self._sent(unit, path)
        except OSError as error:
            record = Record(failures=_failed(unit, _code(error), str(error), None))
        seconds = round(time.monotonic() - begun_at, 3)
        record = replace(record, unit=unit.id, sent=record.sent + sent_before, seconds=seconds)
        with _writing():
            self._output.write(read_key(unit.shard, unit.id), record.to_json())
        return record

    def _mark_as_sent(self, unit: Unit) -> int:
        """How often processes that are no more have sent `unit`; one that may be this one's fate is added."""
        key = sent_key(unit.shard, unit.id)
        try:
            before = int(self._output.read(key))
        except FileNotFoundError:
            before = 0
        self._output.write(key, str(before + 1).encode())
        return before

    def _sent(self, unit: Unit, path: Path) -> Record:
        """Send it to one server after the other. Raises NoServer, Unauthorized, OutputFailed, OSError."""
        sent = 0
        tried: set[str] = set()
        while True:
            with self._fleet.place(tried) as server:
                begun_at = time.monotonic()
                try:
                    result = server.client.read(path, **self._fields(unit))
                    self._fleet.answered(server)
                    return self._record(unit, result, sent + 1, server.url, time.monotonic() - begun_at)
                except OcrError as error:
                    nothing_done = self._heard(server, error)
                    sent += not nothing_done
                    if not nothing_done and (
                        sent >= self._reading.attempts or isinstance(error, (InvalidRequest, LimitExceeded))
                    ):
                        code = error.code if isinstance(error, ApiError) else _words(type(error).__name__)
                        return Record(failures=_failed(unit, code, error.message, server.url), sent=sent)
                    tried.add(server.url)

    def _heard(self, server: Server, error: OcrError) -> bool:
        """Take note of what a server said; gives whether it did nothing, so that the unit may be sent again freely."""
        if isinstance(error, Unauthorized):
            raise error
        if isinstance(error, Unavailable):
            if error.status == _TOO_MANY_REQUESTS or error.retry_after is not None:
                self._fleet.full(server, error.retry_after or _REST_SECONDS, error)
            else:
                self._fleet.down(server, error)
            return True
        if isinstance(error, ApiError):
            self._fleet.answered(server)
            return False
        self._fleet.down(server, error)
        return isinstance(error, ServerUnreachable)

    def _fields(self, unit: Unit) -> ReadFields:
        fields = self._reading.fields.copy()
        if unit.last is not None:
            fields["pages"] = f"{unit.first}-{unit.last}"
        return fields

    def _record(self, unit: Unit, result: Result, sent: int, server: str, seconds: float) -> Record:
        """What stands in the result, its pictures written. Raises OutputFailed."""
        place = unit.document.place
        try:
            files = {picture_key(place, unit.first, str(name)): data for name, data in pictures(result).items()}
        except BadAnswer as error:
            return Record(failures=_failed(unit, "bad_answer", error.message, server), sent=sent)
        with _writing():
            for key, data in files.items():
                self._output.write(key, data)
        share = seconds / max(1, len(result.pages))
        pages = tuple(_pages(unit, result, server, share))
        failures = tuple(_left_out(unit, result, server))
        return Record(pages, failures, sent, server=server)


def _fleet(reading: Reading) -> Fleet:
    verify = True if reading.ca_file is None else _trusting(reading.ca_file)
    # What is worth sending again is sent to another server.
    once = Retries(attempts=1)
    clients = {url: Client(url, timeout=reading.timeout, retries=once, verify=verify) for url in reading.servers}
    return Fleet(clients, reading.each, reading.patience)


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


def _failed(unit: Unit, code: str, message: str, server: str | None) -> tuple[Failure, ...]:
    document, now = unit.document, _now()
    return tuple(Failure(document.url, document.version, page, code, message, server, now) for page in unit.pages)


def _code(error: OSError) -> str:
    if isinstance(error, Changed):
        return "document_changed"
    return "document_missing" if error.errno == errno.ENOENT else "document_unreadable"


def _words(name: str) -> str:
    """ConnectionLost as connection_lost."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


@contextmanager
def _writing() -> Iterator[None]:
    """Raises what goes wrong with the output as OutputFailed: no document is to blame."""
    try:
        yield
    except OSError as error:
        raise OutputFailed(f"results can't be written: {error}") from error


def _trusting(authorities: Path) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(authorities)
    return context


class RayReader:
    """A Reader as Ray Data calls it: a row in, a row out."""

    def __init__(self, reading: Reading) -> None:
        self._reader = Reader(reading)

    def __call__(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The row that tells of the unit."""
        return asdict(self._reader(Unit.from_json(row["unit"])))
