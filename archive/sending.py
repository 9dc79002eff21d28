"""Sends a unit to one server after the other, until it is read or at fault."""

from __future__ import annotations

import threading
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from archive.fleet import Fleet, Server
from archive.records import Unit
from ocr_client import (
    ApiError,
    BadGateway,
    ConnectionFailed,
    ConnectionLost,
    InvalidRequest,
    LimitExceeded,
    OcrError,
    ReadFields,
    Result,
    ServerUnreachable,
    TimedOut,
    Unauthorized,
    Unavailable,
)

_REST_SECONDS = 1.0
"""For a full server that does not say when to come again."""
_TOO_MANY_REQUESTS = 429
_WENT_DOWN = frozenset({"engine_restarting", "vlm_server_unavailable", "status_503"})
"""Codes of Unavailable that a page can bring about: its engine went down, or a proxy lost the server behind it.

With the others (too_many_requests, rate_limited, draining, engine_overloaded, storage_full) nobody went down.
"""


@dataclass
class Sending:
    """How far a unit is: sent `sent` times so that a server may have worked on it, and to those that were `tried`.

    A `suspect` was under way when a server, or its engine, went down.
    """

    unit: Unit
    sent: int = 0
    tried: set[str] = field(default_factory=set)
    suspect: bool = False


@dataclass(frozen=True)
class Answered:
    """What came of a unit: what the server read, or why it is at fault; `seconds` are those of the last attempt."""

    server: str
    seconds: float
    outcome: Result | OcrError


class Sender:
    """Sends units for the threads of one process.

    A unit is at fault after `attempts`, of which each counts that a server may have worked on. One that breaks engines
    must come to that, and those that are under way beside it must not: a suspect is sent to a server that says that it
    can read, and the last time while no other suspect is at its last.
    """

    def __init__(self, fleet: Fleet, attempts: int, fields: ReadFields) -> None:
        self._fleet = fleet
        self._attempts = attempts
        self._fields = fields
        self._last_attempt = threading.Lock()

    def send(self, sending: Sending, path: Path) -> Answered:
        """Send the document at `path`. Raises NoServer, Unauthorized, OSError."""
        while True:
            with self._apart(sending), self._fleet.place(sending.tried) as server:
                if sending.suspect and not self._can_read(server):
                    continue
                begun_at = time.monotonic()
                try:
                    result = server.client.read(path, **self._fields_of(sending.unit))
                except OcrError as error:
                    if self._fault(sending, server, error):
                        return Answered(server.url, time.monotonic() - begun_at, error)
                else:
                    self._fleet.answered(server)
                    sending.sent += 1
                    return Answered(server.url, time.monotonic() - begun_at, result)

    def _apart(self, sending: Sending) -> AbstractContextManager[object]:
        return self._last_attempt if sending.suspect and sending.sent >= self._attempts - 1 else nullcontext()

    def _can_read(self, server: Server) -> bool:
        """Ask a server whether it can; one that does not tell is taken at its word that it is there."""
        try:
            health = server.client.health()
        except (BadGateway, ConnectionFailed, TimedOut, Unavailable) as error:
            self._fleet.down(server, error)
            return False
        except OcrError:
            # A proxy that leads to POST /ocr alone.
            return True
        if health.able:
            self._fleet.able(server)
        else:
            self._fleet.down(server, OcrError(f"{server.url} can't read now: its health is {health.status!r}"))
        return health.able

    def _fault(self, sending: Sending, server: Server, error: OcrError) -> bool:
        """Take note of what a server said; gives whether the unit is at fault. Raises Unauthorized."""
        if isinstance(error, Unauthorized):
            raise error
        went_down = _went_down(error)
        self._note(server, error)
        sending.tried.add(server.url)
        sending.suspect |= went_down
        if isinstance(error, ServerUnreachable) or (isinstance(error, Unavailable) and not went_down):
            return False
        sending.sent += 1
        return sending.sent >= self._attempts or isinstance(error, (InvalidRequest, LimitExceeded))

    def _note(self, server: Server, error: OcrError) -> None:
        if not isinstance(error, ApiError):
            self._fleet.down(server, error)
        elif not isinstance(error, (BadGateway, Unavailable)):
            self._fleet.answered(server)
        elif error.status == _TOO_MANY_REQUESTS or error.retry_after is not None:
            self._fleet.full(server, error.retry_after or _REST_SECONDS, error)
        else:
            self._fleet.down(server, error)

    def _fields_of(self, unit: Unit) -> ReadFields:
        fields = self._fields.copy()
        if unit.last is not None:
            fields["pages"] = f"{unit.first}-{unit.last}"
        return fields


def _went_down(error: OcrError) -> bool:
    """Whether a server, or its engine, went down with the unit under way."""
    if isinstance(error, (BadGateway, ConnectionLost)):
        return True
    return isinstance(error, Unavailable) and error.code in _WENT_DOWN
