"""One target at rising loads."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from benchmarks.perf.analyzer import TurnedAway
from benchmarks.perf.knee import most
from benchmarks.perf.levels import Level, Profile
from benchmarks.perf.server import Server


class Target(Protocol):
    """What is put under load."""

    @property
    def name(self) -> str:
        """A model's, or `gateway`."""

    @property
    def model(self) -> str:
        """The Triton model that answers."""

    @property
    def unit(self) -> str:
        """What a request asks to be read."""

    @property
    def distinct(self) -> int:
        """How many different requests there are."""

    def closed(self, concurrency: int, seconds: float) -> Level:
        """So many requests in flight, for so many seconds."""

    def open(self, rate: float, count: int) -> Level:
        """So many requests, `rate` a second, at random times."""


@dataclass(frozen=True)
class Plan:
    """The loads: requests in flight, and shares of the highest rate that was answered with them.

    An open level sends its requests in whole rounds of the different ones, `least` at least and `seconds` long.
    """

    concurrency: tuple[int, ...] = (1, 2, 4, 8, 16)
    shares: tuple[float, ...] = (0.4, 0.6, 0.7, 0.8, 0.9, 1.0, 1.3)
    seconds: float = 12.0
    least: int = 44

    def count(self, rate: float, distinct: int) -> int:
        """Requests of an open level."""
        return distinct * math.ceil(max(self.least, rate * self.seconds) / distinct)


QUICK = Plan(concurrency=(1, 2), shares=(0.5, 0.9), seconds=3.0, least=1)
"""To see that it works: its figures are worth nothing."""


def profile(server: Server, target: Target, plan: Plan, tell: Callable[[str], None]) -> Profile:
    """All levels of a plan, rising, after one that warms up; up to that at which perf_analyzer is refused."""

    def measured(what: str, run: Callable[..., Level], *arguments: float) -> Level:
        with server.watched(target.model) as inside:
            level = run(*arguments)
        level = level.model_copy(update={"inside": inside()})
        tell(f"{target.name}, {what}: {level.answered:.2f}/s, p95 {level.p95:.0f} ms, good {level.good:.2f}")
        return level

    target.closed(plan.concurrency[-1], plan.seconds / 2)
    closed = [measured(f"{number} in flight", target.closed, number, plan.seconds) for number in plan.concurrency]
    rates = [share * most(closed) for share in plan.shares]
    offered = []
    for rate in rates:
        try:
            offered.append(measured(f"{rate:.2f}/s", target.open, rate, plan.count(rate, target.distinct)))
        except TurnedAway:
            tell(f"{target.name}, {rate:.2f}/s: requests are refused, which perf_analyzer does not count: no further")
            break
    return Profile(target=target.name, unit=target.unit, closed=tuple(closed), open=tuple(offered))
