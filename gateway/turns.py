"""Turns: a limited number of places, handed out fairly between clients.

async with turns.turn(client):
    ...

While places are free whoever asks gets one at once. Then the client that holds fewest is next, in rotation between
equals, and each client's own waiters in the order in which they came: one that asks for 500 pages waits for itself, not
the others for it.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Turns:
    """At most `limit` places at once, of which one client holds `each` at most; for one event loop.

    A limit that may change is asked for whenever a place is wanted or given back.
    """

    def __init__(self, limit: int | Callable[[], int], each: int | Callable[[], int] | None = None) -> None:
        self._limit: Callable[[], int] = limit if callable(limit) else lambda: limit
        self._each: Callable[[], int | None] = each if callable(each) else lambda: each
        self._held: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def held(self) -> int:
        """Places that are taken."""
        return self._held.total()

    @property
    def waiting(self) -> int:
        """Those who wait, of all clients."""
        return sum(map(len, self._waiting.values()))

    def waiting_of(self, client: str) -> int:
        """Those of one client who wait."""
        return len(self._waiting.get(client, ()))

    def is_free(self, client: str) -> bool:
        """Whether the client would get a place at once."""
        return self.held < self._limit() and self._may_have_more(client)

    @asynccontextmanager
    async def turn(self, client: str) -> AsyncIterator[None]:
        """Hold a place for the length of the block; cancelled while it waits, it leaves the queue."""
        await self._take(client)
        try:
            yield
        finally:
            self._give_back(client)

    def refuse(self, error: Exception) -> None:
        """Raise `error` in all who wait."""
        for waiters in self._waiting.values():
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_exception(error)
        self._waiting.clear()

    async def _take(self, client: str) -> None:
        # Places are handed on as soon as they come free, so none is free while somebody waits who could have it: but
        # those that a larger limit has brought.
        self._hand_out()
        if self.is_free(client):
            self._held[client] += 1
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(client, deque()).append(waiter)
        try:
            await waiter
        except BaseException:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                # The place came in the same moment as the cancellation: pass it on.
                self._give_back(client)
            else:
                self._forget(client, waiter)
            raise

    def _forget(self, client: str, waiter: asyncio.Future[None]) -> None:
        waiters = self._waiting.get(client, deque())
        if waiter in waiters:
            waiters.remove(waiter)
        if not waiters:
            self._waiting.pop(client, None)

    def _give_back(self, client: str) -> None:
        self._held[client] -= 1
        if not self._held[client]:
            del self._held[client]
        self._hand_out()

    def _may_have_more(self, client: str) -> bool:
        each = self._each()
        return each is None or self._held[client] < each

    def _hand_out(self) -> None:
        """Give free places to those who wait, a client after the other."""
        while self._waiting and self.held < self._limit():
            able = [name for name in self._waiting if self._may_have_more(name)]
            if not able:
                return
            # Of those that hold as few, the one whose turn is longest ago: it stands first.
            client = min(able, key=lambda name: self._held[name])
            waiter = self._waiting[client].popleft()
            self._waiting.move_to_end(client)
            if not self._waiting[client]:
                del self._waiting[client]
            if not waiter.done():
                self._held[client] += 1
                waiter.set_result(None)
