"""`POST /ocr` under load: perf_analyzer speaks the protocols of model servers only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2 as httpx
import numpy as np

from benchmarks.perf.arrivals import poisson
from benchmarks.perf.driver import Answer, Send, closed_loop, open_loop
from benchmarks.perf.levels import Level

ANSWER_SECONDS = 300.0
LATE_SECONDS = 0.05
"""From here on a request counts as sent late."""


class GatewayFailed(Exception):
    """An answer that is neither a result nor 429; or none but 429."""


@dataclass(frozen=True)
class Gateway:
    """Uploads `pages` to the gateway at `url`, from the first again where more are needed."""

    url: str
    pages: Sequence[bytes]
    name: str = "gateway"
    model: str = "ocr"
    unit: str = "page"

    @property
    def distinct(self) -> int:
        """How many different requests there are."""
        return len(self.pages)

    def closed(self, concurrency: int, seconds: float) -> Level:
        """`concurrency` requests in flight for so many seconds. Raises GatewayFailed, TransportError."""
        answers = self._run(lambda send: closed_loop(send, concurrency, seconds))
        return level(concurrency, answers, seconds)

    def open(self, rate: float, count: int) -> Level:
        """`count` requests, `rate` a second, whatever the answers do. Raises GatewayFailed, TransportError."""
        arrivals = poisson(rate, count)
        answers = self._run(lambda send: open_loop(send, arrivals))
        return level(rate, answers, max(answer.done for answer in answers))

    def _run(self, loop: Callable[[Send], Coroutine[Any, Any, list[Answer]]]) -> list[Answer]:
        async def run() -> list[Answer]:
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
            async with httpx.AsyncClient(base_url=self.url, timeout=ANSWER_SECONDS, limits=limits) as client:
                return await loop(lambda number: self._send(client, number))

        return asyncio.run(run())

    async def _send(self, client: httpx.AsyncClient, number: int) -> int:
        answer = await client.post("/ocr", files={"file": self.pages[number % self.distinct]})
        if answer.status_code not in (httpx.codes.OK, httpx.codes.TOO_MANY_REQUESTS):
            raise GatewayFailed(f"{answer.status_code}: {answer.text[:500]}")
        return answer.status_code


def level(load: float, answers: Sequence[Answer], seconds: float) -> Level:
    """The figures of one load that lasted so many seconds: rate and latency of what was answered with a result.

    Raises GatewayFailed where nothing was.
    """
    good = [answer for answer in answers if answer.status == httpx.codes.OK]
    if not good:
        raise GatewayFailed(f"every one of {len(answers)} requests was turned away")
    p50, p90, p95, p99 = np.percentile([1000 * answer.latency for answer in good], (50, 90, 95, 99)).tolist()
    return Level(
        load=load,
        answered=sum(answer.done <= seconds for answer in good) / seconds,
        good=len(good) / len(answers),
        late=sum(answer.sent - answer.due > LATE_SECONDS for answer in answers) / len(answers),
        p50=p50,
        p90=p90,
        p95=p95,
        p99=p99,
    )
