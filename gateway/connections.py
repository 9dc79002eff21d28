"""Connections of clients: how many there may be, and how long one may keep the gateway waiting.

Uvicorn closes a connection that is silent after an answer, but none whose first request never comes, or comes by a byte
now and then; and it takes as many as there are files, after which it can open none for its own work either.
"""

from __future__ import annotations

import asyncio
import logging
import math
import resource
import select
import time
from functools import partial
from ipaddress import ip_address, ip_network
from typing import Any

import h11
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from gateway.access.clients import by_address, sharer
from gateway.disconnect import HUNG_UP
from gateway.settings import Settings

_LOG = logging.getLogger(__name__)
_OTHER_FILES = 1024
"""What the gateway opens beside connections of clients: documents, connections to Triton, pipes."""
_TOLD_AGAIN_SECONDS = 60.0
_HANG_UP = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR


class Limits:
    """MAX_CONNECTIONS, of which one address has CLIENT_SHARE unless it is a proxy's, and RECEIVE_TIMEOUT."""

    def __init__(self, settings: Settings) -> None:
        self.head_seconds = settings.receive_timeout
        self.body_seconds = settings.request_timeout
        self._limit = settings.max_connections
        self._each = max(1, math.floor(self._limit * settings.client_share))
        self._proxies = [ip_network(network) for network in settings.trusted_proxies]
        self._told_at = -math.inf

    def make_room(self) -> None:
        """Let this process open as many files as that takes, as far as the system allows it."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = self._limit + _OTHER_FILES
        if soft != resource.RLIM_INFINITY and soft < wanted:
            most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            if most < wanted:
                _LOG.warning("only %d files may be open here, for %d connections (MAX_CONNECTIONS)", most, self._limit)

    def allow(self, address: str | None, others: list[str | None]) -> bool:
        """Whether a connection from `address` may stay beside the `others`."""
        who = self._who(address)
        if len(others) < self._limit and (who is None or sum(self._who(o) == who for o in others) < self._each):
            return True
        if time.monotonic() - self._told_at > _TOLD_AGAIN_SECONDS:
            self._told_at = time.monotonic()
            _LOG.warning("%d connections: further ones are closed (MAX_CONNECTIONS, CLIENT_SHARE)", len(others))
        return False

    def _who(self, address: str | None) -> str | None:
        """Whose connection it is; None where a proxy speaks for many."""
        name = by_address(address)
        try:
            parsed = ip_address(name)
        except ValueError:
            return name
        return None if any(parsed in network for network in self._proxies) else sharer(name)


class Connection(H11Protocol):
    """A connection that is closed where its next request does not come in time."""

    def __init__(self, *args: Any, limits: Limits, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limits = limits
        self._timer: asyncio.TimerHandle | None = None
        self.app = partial(self._serve, self.app)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, or close it at once."""
        others = [_address(other) for other in self.connections]
        super().connection_made(transport)
        if self._limits.allow(_address(self), others):
            self._wait(self._limits.head_seconds)
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._stop_waiting()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Go through what has come; with the head of a request the waiting is over."""
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """Wait for the next request; what is left of the body of the last one may come first."""
        super().on_response_complete()
        if self.cycle.response_complete and not self.transport.is_closing():
            in_body = self.conn.their_state is h11.SEND_BODY
            self._wait(self._limits.body_seconds if in_body else self._limits.head_seconds)

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._timer = self.loop.call_later(seconds, self._too_late)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_late(self) -> None:
        self._timer = None
        if not self.transport.is_closing():
            # Not at once: an answer may be on its way still.
            self.transport.close()

    async def _serve(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("extensions", {})[HUNG_UP] = self._hung_up
        await app(scope, receive, send)

    def _hung_up(self) -> bool:
        """Whether the client has closed its end; uvicorn learns of that only once it reads what came before."""
        if self.transport.is_closing():
            return True
        poll = select.poll()
        poll.register(self.transport.get_extra_info("socket").fileno(), _HANG_UP)
        return bool(poll.poll(0))


def _address(connection: object) -> str | None:
    client: tuple[str, int] | None = getattr(connection, "client", None)
    return client[0] if client else None
