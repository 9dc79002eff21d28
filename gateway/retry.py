"""Calls of Triton sent again, where what hindered them is likely to pass."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from gateway.deadline import Deadline
from gateway.errors import EngineOverloaded, EngineRestarting, Unavailable, VlmServerUnavailable
from gateway.metrics import Metrics

T = TypeVar("T")

_OVERLOAD_SECONDS = (0.2, 0.5, 1.0, 2.0)
"""Waits before a page that Triton had no room for is sent again; other gateways may share it."""
_LOOK_SECONDS = 0.5
"""Between two looks whether the engine is back."""
_VLM_SERVER_SECONDS = 5.0
"""What a server at VLM_URL is waited for at most: unlike Triton, nobody here brings it back."""


class Retrier:
    """Sends again what met a full engine, some times; and once, when it is back, what met one on its way down.

    `able_since(moment)` tells whether pages can be read, by a check that began after that moment of the monotonic
    clock. It is asked for `restart_seconds` at most; 0: what met an engine on its way down is not sent again. Nothing
    waits past its deadline.
    """

    def __init__(
        self, able_since: Callable[[float], Awaitable[bool]], metrics: Metrics, *, restart_seconds: float
    ) -> None:
        self._able_since = able_since
        self._metrics = metrics
        self._restart_seconds = restart_seconds

    async def call(self, work: Callable[[], Awaitable[T]], deadline: Deadline) -> T:
        """What `work` gives. Raises its last error."""
        waits, restarts = list(_OVERLOAD_SECONDS), 1
        while True:
            try:
                return await work()
            except EngineOverloaded as error:
                if not waits or waits[0] >= deadline.remaining():
                    raise
                await asyncio.sleep(waits.pop(0))
                self._count(error)
            except (EngineRestarting, VlmServerUnavailable) as error:
                if not restarts or not await self._is_back(error, deadline):
                    raise
                restarts -= 1
                self._count(error)

    async def _is_back(self, error: Unavailable, deadline: Deadline) -> bool:
        """Wait for what was away; whether it came back in time."""
        failed_at = time.monotonic()
        longest = _VLM_SERVER_SECONDS if isinstance(error, VlmServerUnavailable) else math.inf
        ends_at = min(failed_at + min(self._restart_seconds, longest), deadline.at)
        while time.monotonic() + _LOOK_SECONDS < ends_at:
            await asyncio.sleep(_LOOK_SECONDS)
            if await self._able_since(failed_at):
                return True
        return False

    def _count(self, error: Unavailable) -> None:
        self._metrics.retries.labels(error.code).inc()
