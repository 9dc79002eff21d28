"""How many documents are sent at once: fewer while the server is full, more again as it answers."""

from __future__ import annotations

import time
from collections.abc import Callable

from anyio import CapacityLimiter


class Concurrency:
    """At most `most` at once. A full server halves that, and as many documents as are sent at once add one again.

    This is the additive increase and multiplicative decrease of TCP (RFC 5681, 3.1).

    async with concurrency.place:
        ...
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.place = CapacityLimiter(most)
        self._most = most
        self._clock = clock
        self._passed = 0
        self._told_until = 0.0

    @property
    def limit(self) -> int:
        """Documents at once now."""
        return int(self.place.total_tokens)

    def full(self, seconds: float) -> None:
        """The server has no room for `seconds`. Those turned away within that time are one event."""
        now = self._clock()
        if now >= self._told_until:
            self._told_until = now + seconds
            self._passed = 0
            self.place.total_tokens = max(1, self.limit // 2)

    def passed(self) -> None:
        """A document was read."""
        self._passed += 1
        if self._passed >= self.limit and self.limit < self._most:
            self._passed = 0
            self.place.total_tokens = self.limit + 1
