"""Reads units by the fleet, and leaves a checkpoint of each."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from archive.errors import NoServer, OutputFailed, SourceFailed
from archive.finishing import is_done
from archive.fleet import Fleet
from archive.layout import read_key, sent_key
from archive.outcomes import picture_files, record_of_error, record_of_fault, record_of_result
from archive.records import Record, Unit
from archive.sending import Answered, Sender, Sending
from archive.stores import NoRoom, open_store
from archive.supply import Supply
from ocr_client import BadAnswer, Client, OcrError, ReadFields, Retries, Unauthorized

Stop = Literal["no_server", "refused", "source", "output"]


@dataclass(frozen=True)
class Reading:
    """How units are read: `each` requests at once at each server, `attempts` for a unit, times in seconds.

    `retry`: what failed before the run `run` is read again.
    """

    output: str
    servers: tuple[str, ...]
    each: int
    fields: ReadFields
    attempts: int
    timeout: float
    patience: float
    ca_file: Path | None = None
    run: str = ""
    retry: bool = False


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

    `fleet` and `supply` take the place of those of `reading`.
    """

    def __init__(self, reading: Reading, fleet: Fleet | None = None, supply: Supply | None = None) -> None:
        self._reading = reading
        self._output = open_store(reading.output)
        self._supply = supply or Supply(reading.attempts, reading.patience)
        self._sender = Sender(fleet or _fleet(reading), reading.attempts, reading.fields)

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
        except SourceFailed as error:
            return replace(told, stop="source", message=str(error))
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
        """The checkpoint of `unit`, unless it is one to be tried again."""
        try:
            record = Record.from_json(self._output.read(read_key(unit.shard, unit.id)))
        except FileNotFoundError:
            return None
        # What this run itself has tried may come again: Ray repeats what a node has done that died.
        stale = self._reading.retry and record.failures and record.run != self._reading.run
        return None if stale else record

    def _read(self, unit: Unit) -> Record:
        """The record of `unit`, written."""
        with _writing():
            sent_before = self._mark_as_sent(unit)
        begun_at = time.monotonic()
        sending = Sending(unit)
        try:
            answered = self._supply.use(unit.document, lambda path: self._sender.send(sending, path))
            record = self._record(unit, answered)
        except NoRoom as error:
            raise OutputFailed(str(error)) from error
        except OSError as error:
            record = record_of_fault(unit, error)
        record = replace(
            record,
            unit=unit.id,
            run=self._reading.run,
            sent=sending.sent + sent_before,
            seconds=round(time.monotonic() - begun_at, 3),
        )
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

    def _record(self, unit: Unit, answered: Answered) -> Record:
        """What came of `unit`, its pictures written. Raises OutputFailed."""
        if isinstance(answered.outcome, OcrError):
            return record_of_error(unit, answered.outcome, answered.server)
        try:
            files = picture_files(unit, answered.outcome)
            record = record_of_result(unit, answered.outcome, answered.server, answered.seconds)
        except BadAnswer as error:
            return record_of_error(unit, error, answered.server)
        with _writing():
            for key, data in files.items():
                self._output.write(key, data)
        return record


def _fleet(reading: Reading) -> Fleet:
    verify = True if reading.ca_file is None else _trusting(reading.ca_file)
    # What is worth sending again is sent to another server.
    once = Retries(attempts=1)
    clients = {url: Client(url, timeout=reading.timeout, retries=once, verify=verify) for url in reading.servers}
    return Fleet(clients, reading.each, reading.patience)


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
