"""Admission: a permit is taken before any work, and held until the work is done.

async with admission.permit(client, deadline):
    ...
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from gateway.access.clients import sharer
from gateway.deadline import Deadline
from gateway.errors import Draining, TooManyRequests
from gateway.turns import Turns

_RETRY_AFTER = 5
"""Seconds that a client who is turned away is asked to wait."""


class Admission:
    """At most `limit` permits at once and `queue` waiting, fair between clients; the next is refused at once.

    One client has at most `share` of either, so that another always finds a place.
    """

    def __init__(self, limit: int, queue: int, share: float = 1.0) -> None:
        self._turns = Turns(limit, each=max(1, math.floor(limit * share)))
        self._queue = queue
        self._queue_each = min(queue, max(1, math.floor(queue * share)))
        self._closed = False

    @property
    def in_flight(self) -> int:
        """Permits held."""
        return self._turns.held

    @property
    def waiting(self) -> int:
        """Requests that wait for a permit."""
        return self._turns.waiting

    @property
    def closed(self) -> bool:
        """Whether the gateway takes no more work."""
        return self._closed

    def close(self) -> None:
        """Admit nobody any more: those that wait are refused too, those that hold a permit keep it."""
        self._closed = True
        self._turns.refuse(_draining())

    @asynccontextmanager
    async def permit(self, client: str, deadline: Deadline) -> AsyncIterator[None]:
        """Hold a permit for the length of the block.

        Raises TooManyRequests at once when the queue is full, Draining, DeadlineExceeded.
        """
        client = sharer(client)
        self._check(client)
        async with AsyncExitStack() as stack:
            await deadline.wait(stack.enter_async_context(self._turns.turn(client)))
            yield

    def _check(self, client: str) -> None:
        if self._closed:
            raise _draining()
        if self._turns.is_free(client):
            return
        if self._turns.waiting >= self._queue:
            raise TooManyRequests(
                f"{self.in_flight} documents are being read and {self.waiting} wait: send it again later "
                "(MAX_REQUESTS and MAX_QUEUE set the limits)",
                retry_after=_RETRY_AFTER,
            )
        if self._turns.waiting_of(client) >= self._queue_each:
            raise TooManyRequests(
                f"{self._turns.waiting_of(client)} documents of yours wait already: send it again later "
                "(CLIENT_SHARE of MAX_REQUESTS and MAX_QUEUE is what one client may have)",
                retry_after=_RETRY_AFTER,
            )


def _draining() -> Draining:
    return Draining("the server is stopping: send it again, to another one or in a moment", retry_after=_RETRY_AFTER)
