"""The servers, as one process sees them: which to send to, and which to pass by for a while."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from archive.errors import NoServer
from ocr_client import Client, OcrError

_FIRST_REST = 0.5
_MOST_REST = 30.0
_LOOK_AGAIN = 1.0
"""Seconds."""


@dataclass
class Server:
    """One of them: `limit` requests at once now, none while it `rests_until`, in seconds of the fleet's clock."""

    url: str
    client: Client
    limit: int
    in_flight: int = 0
    rests_until: float = 0.0
    downs: int = 0
    passed: int = 0


class Fleet:
    """Gives places at servers, at most `each` at once at any of them; for the threads of one process.

    A server that is full gets half as much at once, and one more again for as many requests as pass (RFC 5681, 3.1, as
    cli.concurrency has it). One that can't be reached rests, twice as long each time. When all rest, and none has
    done anything for `patience` seconds, there is no fleet.
    """

    def __init__(
        self,
        clients: Mapping[str, Client],
        each: int,
        patience: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.servers = [Server(url, client, each) for url, client in clients.items()]
        self._each = each
        self._patience = patience
        self._clock = clock
        self._answered_at = clock()
        self._last_error: OcrError | None = None
        self._changed = threading.Condition()

    @contextmanager
    def place(self, tried: Collection[str] = ()) -> Iterator[Server]:
        """A place at the server with the most room, rather one that was not `tried`; waits for it.

        Raises NoServer.
        """
        with self._changed:
            while (server := self._chosen(tried)) is None:
                self._changed.wait(self._pause())
            server.in_flight += 1
        try:
            yield server
        finally:
            with self._changed:
                server.in_flight -= 1
                self._changed.notify_all()

    def answered(self, server: Server) -> None:
        """It has done what was asked, or said why not."""
        with self._changed:
            self._answered_at = self._clock()
            server.downs = 0
            server.passed += 1
            if server.passed >= server.limit and server.limit < self._each:
                server.passed = 0
                server.limit += 1

    def able(self, server: Server) -> None:
        """It says that it can read."""
        with self._changed:
            self._answered_at = self._clock()
            server.downs = 0

    def full(self, server: Server, seconds: float, error: OcrError) -> None:
        """It has no room for `seconds`. Those turned away within that time are one event."""
        with self._changed:
            now = self._clock()
            self._last_error = error
            if now >= server.rests_until:
                server.rests_until = now + seconds
                server.passed = 0
                server.limit = max(1, server.limit // 2)

    def down(self, server: Server, error: OcrError) -> None:
        """It can't be reached, or can't work."""
        with self._changed:
            now = self._clock()
            self._last_error = error
            if now >= server.rests_until:
                server.rests_until = now + min(_MOST_REST, _FIRST_REST * 2.0**server.downs)
                server.downs += 1

    def _chosen(self, tried: Collection[str]) -> Server | None:
        now = self._clock()
        able = [server for server in self.servers if server.rests_until <= now and server.in_flight < server.limit]
        if able:
            # At random among equals: other processes choose too.
            return min(able, key=lambda one: (one.url in tried, one.in_flight / one.limit, random.random()))  # noqa: S311
        working = any(server.in_flight or server.rests_until <= now for server in self.servers)
        if not working and self._last_error is not None and now - self._answered_at > self._patience:
            raise NoServer(f"no server has read anything for {self._patience:g} s: {self._last_error.message}")
        return None

    def _pause(self) -> float:
        """Seconds until a server may have ended its rest."""
        now = self._clock()
        rests = [server.rests_until - now for server in self.servers if server.rests_until > now]
        return max(0.01, min([*rests, _LOOK_AGAIN]))
