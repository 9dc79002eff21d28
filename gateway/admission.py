"""Admission: a permit is taken before any work, and held until the work is done.

async with admission.permit(deadline):
    ...
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.deadline import Deadline
from gateway.errors import Draining, TooManyRequests

_RETRY_AFTER = 5
"""Seconds that a client who is turned away is asked to wait."""


class Admission:
    """At most `limit` permits at once and `queue` waiting, first come first served; the next is refused at once."""

    def __init__(self, limit: int, queue: int) -> None:
        self._limit = limit
        self._queue = queue
        self._held = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed = False

    @property
    def in_flight(self) -> int:
        """Permits held."""
        return self._held

    @property
    def waiting(self) -> int:
        """Requests that wait for a permit."""
        return len(self._waiting)

    @property
    def closed(self) -> bool:
        """Whether the gateway takes no more work."""
        return self._closed

    def close(self) -> None:
        """Admit nobody any more: those that wait are refused too, those that hold a permit keep it."""
        self._closed = True
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_exception(_draining())

    @asynccontextmanager
    async def permit(self, deadline: Deadline) -> AsyncIterator[None]:
        """Hold a permit for the length of the block.

        Raises TooManyRequests at once when the queue is full, Draining, DeadlineExceeded.
        """
        await self._acquire(deadline)
        try:
            yield
        finally:
            self._release()

    async def _acquire(self, deadline: Deadline) -> None:
        if self._closed:
            raise _draining()
        if self._held < self._limit:
            self._held += 1
            return
        if len(self._waiting) >= self._queue:
            raise TooManyRequests(
                f"{self._held} documents are being read and {len(self._waiting)} wait: send it again later "
                "(MAX_REQUESTS and MAX_QUEUE set the limits)",
                retry_after=_RETRY_AFTER,
            )
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            await deadline.wait(waiter)
        except BaseException:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
            elif waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                # The permit came in the same moment as the cancellation: pass it on.
                self._release()
            raise

    def _release(self) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                # The permit changes hands without being given back, so nobody can jump the queue.
                waiter.set_result(None)
                return
        self._held -= 1


def _draining() -> Draining:
    return Draining("the server is stopping: send it again, to another one or in a moment", retry_after=_RETRY_AFTER)
