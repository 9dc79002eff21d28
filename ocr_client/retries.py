"""Which requests are sent again, and when."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from ocr_client.errors import BadGateway, ConnectionLost, OcrError, ServerUnreachable, Unavailable


@dataclass(frozen=True)
class Retries:
    """How often and how long to try.

    A request is sent again where the server says that nothing was done (429, 503), where there was no connection, and
    where the connection broke, or a proxy's did (502), unless doing it twice would harm: a job would run twice, a
    result be kept twice. The wait is what Retry-After tells, or grows from `first_seconds`, twofold each time; some
    chance in it keeps clients apart.
    """

    attempts: int = 6
    """Requests in all; 1: nothing is sent again."""
    first_seconds: float = 0.5
    most_seconds: float = 60.0
    """The longest wait where the server says nothing."""
    most_told_seconds: float = 60.0
    """The longest wait that Retry-After may ask for; a server that asks for more is not waited for."""


class Attempts:
    """The attempts of one request; `repeatable`: doing it twice harms nothing."""

    def __init__(self, retries: Retries, *, repeatable: bool, chance: Callable[[], float] = random.random) -> None:
        self._retries = retries
        self._repeatable = repeatable
        self._chance = chance
        self._made = 0

    def failed(self, error: OcrError) -> float:
        """Seconds to wait before the next attempt. Raises `error` where there is none."""
        self._made += 1
        if self._made >= self._retries.attempts or not self._may_pass(error):
            raise error
        asked = error.retry_after if isinstance(error, Unavailable) else None
        if asked is None:
            grown = min(self._retries.first_seconds * 2.0 ** (self._made - 1), self._retries.most_seconds)
            return grown * (0.5 + self._chance() / 2)
        if asked > self._retries.most_told_seconds:
            raise error
        return asked + self._chance() * min(asked, self._retries.most_seconds) / 4

    def _may_pass(self, error: OcrError) -> bool:
        if isinstance(error, (ConnectionLost, BadGateway)):
            return self._repeatable
        return isinstance(error, (Unavailable, ServerUnreachable))
