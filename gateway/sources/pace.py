"""A body that comes too slowly: who sends it holds a permit meanwhile, and does nothing with it."""

from __future__ import annotations

import time

import anyio
from starlette.types import Message, Receive

from gateway.errors import BodyTooSlow

LEAST_RATE = 8192
"""Bytes a second, in the mean: a slow mobile line; 1 MiB may take two minutes."""


class Paced:
    """What a request receives, as long as its client keeps pace.

    Counted are only the seconds in which the gateway waits for it. They are `seconds` at most between two pieces, and
    over all pieces `seconds` more than LEAST_RATE allows for what has come.
    """

    def __init__(self, receive: Receive, seconds: float) -> None:
        self._receive = receive
        self._seconds = seconds
        self._waited = 0.0
        self._received = 0

    async def __call__(self) -> Message:
        """The next message. Raises BodyTooSlow."""
        ahead = self._received / LEAST_RATE - self._waited
        begun_at = time.monotonic()
        with anyio.move_on_after(self._seconds + min(0.0, ahead)):
            message = await self._receive()
            self._waited += time.monotonic() - begun_at
            self._received += len(message.get("body", b""))
            return message
        raise BodyTooSlow(
            f"the body comes too slowly: {self._seconds:g} seconds without a byte, or as many behind "
            f"{LEAST_RATE // 1024} KiB a second, are allowed: RECEIVE_TIMEOUT raises that"
        )
