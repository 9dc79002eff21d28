"""How many machines a load needs, and what a page costs there."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from benchmarks.simulation.errors import NoPlan
from benchmarks.simulation.fleet import Load, Predicted, Setup, simulate

KEEPS_UP = 0.97
"""A fleet keeps up where it answers this part of what comes within the time that is simulated."""
MOST_MACHINES = 1024


@dataclass(frozen=True)
class Plan:
    """The least machines that are enough, and what was predicted for each number that was tried, smallest first."""

    machines: int
    tried: dict[int, Predicted]


def plan(setup: Setup, p95: float, predict: Callable[[Setup], Predicted] = simulate) -> Plan:
    """The fewest machines that keep up with `setup`'s offered rate and answer 95 of 100 pages within `p95` seconds.

    Raises:
        NoPlan: a page takes longer than that even where nothing else is read, or more than MOST_MACHINES are needed.
    """
    rate = setup.load.rate
    alone = predict(replace(setup, load=Load(in_flight=1)))
    if alone.p95 > p95:
        raise NoPlan(
            f"a page that has a machine for itself takes {alone.p95:.2f} s (p95), and {p95:g} s are asked for: "
            "faster stages help, more machines do not."
        )
    tried: dict[int, Predicted] = {}

    def is_enough(machines: int) -> bool:
        tried[machines] = found = predict(replace(setup, machines=machines))
        return found.rate >= KEEPS_UP * found.came and found.p95 <= p95

    fewest = max(1, math.ceil(KEEPS_UP * rate / setup.stages.most_pages_a_second()))
    if fewest > MOST_MACHINES:
        raise NoPlan(f"{rate:g} pages/s need more than {MOST_MACHINES} machines")
    # Doubled until there are enough; then halved between too few and enough.
    too_few, enough = fewest - 1, fewest
    while not is_enough(enough):
        too_few, enough = enough, 2 * enough
        if enough > MOST_MACHINES:
            raise NoPlan(f"p95 is still {tried[too_few].p95:.2f} s at {too_few} machines")
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        if is_enough(middle):
            enough = middle
        else:
            too_few = middle
    return Plan(enough, dict(sorted(tried.items())))


def cost_of_1000_pages(price: float, machines: int, rate: float) -> float:
    """What 1,000 pages cost where a machine costs `price` an hour."""
    return price * machines / (rate * 3600) * 1000 if rate else math.inf
