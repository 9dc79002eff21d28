"""Calls of Triton sent again, where what hindered them is likely to pass."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from gateway.deadline import Deadline
from gateway.errors import EngineOverloaded, EngineRestarting, Unavailable, VlmServerUnavailable
from gateway.metrics import Metrics

T = TypeVar("T")

_OVERLOAD_SECONDS = (0.2, 0.5, 1.0, 2.0)
"""Waits before a page that Triton had no room for is sent again, the last one over and over; others may share it."""
_LOOK_SECONDS = 0.5
"""Between two looks whether the engine is back."""
_VLM_SERVER_SECONDS = 5.0
"""What a request waits for a server at VLM_URL at most: unlike Triton, nobody here brings it back."""


@dataclass(frozen=True)
class Patience:
    """How often, and how long, a call waits for an engine; never past its deadline.

    It meets a full one `overloads` times more at most, and is sent to one that went down `restarts` times more, each
    time as soon as it is back: Triton within `restart_seconds`, a server at VLM_URL within `vlm_server_seconds`.
    """

    restart_seconds: float
    vlm_server_seconds: float
    restarts: int
    overloads: int | None
    """None: as often as it takes."""

    @classmethod
    def of_request(cls, restart_seconds: float) -> Patience:
        """That of somebody who waits for the answer; with 0 seconds nothing is waited for that went down."""
        return cls(restart_seconds, min(restart_seconds, _VLM_SERVER_SECONDS), 1, len(_OVERLOAD_SECONDS))


class Retrier:
    """Sends again what met a full engine, or one on its way down.

    `able_since(moment)` tells whether pages can be read, by a check that began after that moment of the monotonic
    clock. `patience` is that of calls which bring none of their own.
    """

    def __init__(self, able_since: Callable[[float], Awaitable[bool]], metrics: Metrics, patience: Patience) -> None:
        self._able_since = able_since
        self._metrics = metrics
        self._patience = patience

    async def call(self, work: Callable[[], Awaitable[T]], deadline: Deadline, patience: Patience | None = None) -> T:
        """What `work` gives. Raises its last error."""
        patience = patience or self._patience
        waits, restarts = itertools.islice(_waits(), patience.overloads), patience.restarts
        while True:
            try:
                return await work()
            except EngineOverloaded as error:
                wait = next(waits, None)
                if wait is None or wait >= deadline.remaining():
                    raise
                await asyncio.sleep(wait)
                self._count(error)
            except (EngineRestarting, VlmServerUnavailable) as error:
                if not restarts or not await self._is_back(error, deadline, patience):
                    raise
                restarts -= 1
                self._count(error)

    async def _is_back(self, error: Unavailable, deadline: Deadline, patience: Patience) -> bool:
        """Wait for what was away; whether it came back in time."""
        failed_at = time.monotonic()
        is_server = isinstance(error, VlmServerUnavailable)
        longest = patience.vlm_server_seconds if is_server else patience.restart_seconds
        ends_at = min(failed_at + longest, deadline.at)
        while time.monotonic() + _LOOK_SECONDS < ends_at:
            await asyncio.sleep(_LOOK_SECONDS)
            if await self._able_since(failed_at):
                return True
        return False

    def _count(self, error: Unavailable) -> None:
        self._metrics.retries.labels(error.code).inc()


def _waits() -> Iterator[float]:
    return itertools.chain(_OVERLOAD_SECONDS, itertools.repeat(_OVERLOAD_SECONDS[-1]))
