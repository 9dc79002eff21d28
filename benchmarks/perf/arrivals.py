"""When the requests of an open loop are due."""

from __future__ import annotations

import random


def poisson(rate: float, count: int, seed: int = 1) -> list[float]:
    """Seconds from the start at which `count` requests are due, in order: `rate` a second, independent of each other.

    Given how many there are, the arrivals of a Poisson process are independent and uniform over the time (Ross,
    Introduction to Probability Models, section 5.3.5). Drawn so, a short run is offered exactly `rate`, where a sum of
    44 exponential gaps is off by 15 % as a rule.
    """
    chance = random.Random(seed)
    return sorted(chance.uniform(0.0, count / rate) for _ in range(count))
