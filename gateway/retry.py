"""Calls of Triton sent again, where what hindered them is likely to pass."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from gateway.deadline import Deadline
from gateway.errors import EngineOverloaded, EngineRestarting, Unavailable, VlmServerUnavailable
from gateway.metrics import Metrics

T = TypeVar("T")

_OVERLOAD_SECONDS = (0.2, 0.5, 1.0, 2.0)
"""Waits before a page that Triton had no room for is sent again; other gateways may share it."""


class Retrier:
    """Sends again what met a full engine, some times; and once, after `restart_seconds`, what met one on its way down.

    Nothing waits past its deadline. `restart_seconds` of 0: the latter is not sent again.
    """

    def __init__(self, metrics: Metrics, restart_seconds: float) -> None:
        self._metrics = metrics
        self._restart_seconds = restart_seconds

    async def call(self, work: Callable[[], Awaitable[T]], deadline: Deadline) -> T:
        """What `work` gives. Raises its last error."""
        overloaded = list(_OVERLOAD_SECONDS)
        restarting = [self._restart_seconds] if self._restart_seconds else []
        while True:
            try:
                return await work()
            except EngineOverloaded as error:
                await self._wait(error, overloaded, deadline)
            except (EngineRestarting, VlmServerUnavailable) as error:
                await self._wait(error, restarting, deadline)

    async def _wait(self, error: Unavailable, waits: list[float], deadline: Deadline) -> None:
        if not waits or waits[0] >= deadline.remaining():
            raise error
        self._metrics.retries.labels(error.code).inc()
        await deadline.wait(asyncio.sleep(waits.pop(0)))
