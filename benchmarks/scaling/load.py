"""Clients of the gateways: so many at once (closed), or as many a second as chance brings (open)."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import httpx2 as httpx

TIMEOUT = 120.0
"""Seconds after which an answer is a failure."""
_PAUSE = 0.1
"""Seconds that a client waits after a failure."""


@dataclass
class Seen:
    """What clients saw. An answer is (begun, ended) on the monotonic clock; only right ones count as answers."""

    answers: list[tuple[float, float]] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    markdown: dict[int, str] = field(default_factory=dict)
    """What each page was answered with, by its place."""

    def latencies(self, start: float, end: float) -> list[float]:
        """Seconds of the answers that ended in this time, shortest first."""
        return sorted(ended - begun for begun, ended in self.answers if start <= ended < end)


class Clients:
    """Send these pages in turn to these gateways in turn."""

    def __init__(self, urls: Sequence[str], pages: Sequence[bytes], seen: Seen) -> None:
        self._urls = itertools.cycle(urls)
        self._places = itertools.cycle(range(len(pages)))
        self._pages = pages
        self.seen = seen

    async def closed(self, in_flight: int, seconds: float) -> None:
        """`in_flight` clients, each of which sends its next page when the last is answered."""
        end = time.monotonic() + seconds

        async def client(send: Callable[[str], Awaitable[bool]]) -> None:
            url = next(self._urls)
            while time.monotonic() < end:
                if not await send(url):
                    await asyncio.sleep(_PAUSE)

        async with self._http(in_flight) as http:
            await asyncio.gather(*(client(lambda url: self._send(http, url)) for _ in range(in_flight)))

    async def open(self, rate: float, seconds: float, chance: random.Random) -> None:
        """Pages whose comings are a Poisson process of `rate` a second, whatever becomes of them."""
        start = time.monotonic()
        sending: list[asyncio.Task[bool]] = []
        async with self._http(10_000) as http:
            due = chance.expovariate(rate)
            while due < seconds:
                await asyncio.sleep(start + due - time.monotonic())
                sending.append(asyncio.create_task(self._send(http, next(self._urls), begun=start + due)))
                due += chance.expovariate(rate)
            await asyncio.gather(*sending)

    def _http(self, connections: int) -> httpx.AsyncClient:
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        return httpx.AsyncClient(timeout=TIMEOUT, limits=limits, trust_env=False)

    async def _send(self, http: httpx.AsyncClient, url: str, begun: float | None = None) -> bool:
        """Send the next page; whether it was answered as it should be."""
        place = next(self._places)
        begun = time.monotonic() if begun is None else begun
        try:
            answer = await http.post(f"{url}/ocr", files={"file": self._pages[place]})
        except httpx.TransportError as error:
            self.seen.failures[type(error).__name__] += 1
            return False
        if answer.status_code != 200:
            self.seen.failures[str(answer.status_code)] += 1
        elif self.seen.markdown.setdefault(place, answer.json()["markdown"]) != answer.json()["markdown"]:
            self.seen.failures["another page's text"] += 1
        else:
            self.seen.answers.append((begun, time.monotonic()))
            return True
        return False
