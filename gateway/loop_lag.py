"""How late the event loop is: work that blocks it holds up every request at once."""

from __future__ import annotations

import asyncio
import time

from gateway.metrics import Metrics

_SECONDS = 0.5


async def measure(metrics: Metrics) -> None:
    """Observe for ever by how much a timer is late."""
    while True:
        start = time.perf_counter()
        await asyncio.sleep(_SECONDS)
        metrics.loop_lag_seconds.observe(max(0.0, time.perf_counter() - start - _SECONDS))
