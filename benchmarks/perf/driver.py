"""Closed and open loops over an asynchronous client."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

Send = Callable[[int], Awaitable[int]]
"""Sends the request of this number and returns the HTTP status of its answer."""


@dataclass(frozen=True)
class Answer:
    """A request: seconds from the start at which it was due, sent and answered, and the HTTP status."""

    due: float
    sent: float
    done: float
    status: int

    @property
    def latency(self) -> float:
        """Seconds since it was due: what a client waits, be it for us or for the server."""
        return self.done - self.due


async def closed_loop(send: Send, concurrency: int, seconds: float) -> list[Answer]:
    """Keep `concurrency` requests in flight for so many seconds; those then in flight are waited for."""
    numbers = itertools.count()
    start = time.perf_counter()
    answers: list[Answer] = []

    async def work() -> None:
        while (due := time.perf_counter() - start) < seconds:
            status = await send(next(numbers))
            answers.append(Answer(due, due, time.perf_counter() - start, status))

    await asyncio.gather(*(work() for _ in range(concurrency)))
    return answers


async def open_loop(send: Send, arrivals: Sequence[float]) -> list[Answer]:
    """Send a request at each of these seconds from now, whatever became of those before; in their order.

    Latency counts from when a request was due, so that one sent late is no better off (coordinated omission: Tene, How
    NOT to Measure Latency, 2013).
    """
    start = time.perf_counter()

    async def at(number: int, due: float) -> Answer:
        await asyncio.sleep(start + due - time.perf_counter())
        sent = time.perf_counter() - start
        status = await send(number)
        return Answer(due, sent, time.perf_counter() - start, status)

    return await asyncio.gather(*itertools.starmap(at, enumerate(arrivals)))
