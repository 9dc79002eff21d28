"""How many machines, and what a page costs."""

from __future__ import annotations

import pytest

from benchmarks.simulation.errors import NoPlan
from benchmarks.simulation.fleet import Load, Setup, simulate
from benchmarks.simulation.plan import cost_of_1000_pages, plan
from benchmarks.simulation.stages import Stages

STAGES = Stages(crops=6, slots=16, tokens=40, step_seconds=0.02, cpu_seconds=0.02)


def setup(rate: float) -> Setup:
    return Setup(STAGES, machines=1, load=Load(rate=rate), seconds=200, warm_up=40)


@pytest.mark.parametrize("rate", [0.5, 4, 13])
def test_one_machine_fewer_is_not_enough(rate: float) -> None:
    found = plan(setup(rate), p95=3)
    enough = found.tried[found.machines]
    assert enough.p95 <= 3
    if found.machines > 1:
        fewer = simulate(Setup(STAGES, found.machines - 1, Load(rate=rate), seconds=200, warm_up=40))
        assert fewer.p95 > 3 or fewer.rate < 0.97 * fewer.came


def test_a_page_that_takes_longer_alone_is_no_matter_of_machines() -> None:
    with pytest.raises(NoPlan, match="more machines do not"):
        plan(setup(1), p95=0.5)


def test_a_rate_beyond_all_machines_is_told() -> None:
    with pytest.raises(NoPlan, match="more than 1024 machines"):
        plan(setup(10_000), p95=10)


def test_the_cost_of_pages() -> None:
    assert cost_of_1000_pages(3.6, machines=2, rate=4) == pytest.approx(0.5)
    assert cost_of_1000_pages(3.6, machines=2, rate=0) == float("inf")
