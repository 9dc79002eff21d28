"""The simulation against what queueing theory knows of simple cases, and against common sense in the others."""

from __future__ import annotations

import itertools

import pytest

from benchmarks.simulation.fleet import Load, Predicted, Setup, Simulation, lone_latency, simulate
from benchmarks.simulation.stages import Stages

NOTHING = Stages(
    layout_seconds=0,
    layout_page_seconds=0,
    prefill_seconds=0,
    step_seconds=0,
    crops=1,
    tokens=1,
    spread=0,
    cpu_seconds=0,
    wait_seconds=0,
)
"""A page that costs nothing."""


def stages(**times: float) -> Stages:
    return NOTHING.model_copy(update=times)


def run(of: Stages, load: Load, machines: int = 1, **others: float) -> Predicted:
    return simulate(Setup(of, machines, load, **others))  # type: ignore[arg-type]


@pytest.mark.parametrize("use", [0.3, 0.6, 0.8])
def test_one_server_with_constant_times_is_the_m_d_1_queue(use: float) -> None:
    """Pollaczek and Khinchine: with a constant time D and use r the mean wait is r D / (2 (1 - r))."""
    found = run(stages(prefill_seconds=1), Load(rate=use), seconds=100_000)
    assert found.mean == pytest.approx(1 + use / (2 * (1 - use)), rel=0.05)
    assert found.busy[0] == pytest.approx(use, rel=0.02)


def test_batches_of_layout_are_the_queue_too_where_they_hold_one_page() -> None:
    blank = stages(layout_seconds=0.7, layout_page_seconds=0.3, layout_batch=1, crops=1e-9)
    found = run(blank, Load(rate=0.6), seconds=100_000)
    assert found.mean == pytest.approx(1 + 0.6 / 0.8, rel=0.05)


@pytest.mark.parametrize("cores", [1, 2, 4])
def test_the_cores_of_a_machine_bound_it(cores: int) -> None:
    found = run(stages(cpu_seconds=0.1, cores=cores), Load(in_flight=32), seconds=200)
    assert found.rate == pytest.approx(cores / 0.1, rel=0.01)


def test_cores_that_are_shared_bound_all_machines_together() -> None:
    shared = stages(cpu_seconds=0.1, cores=2, is_shared=True)
    assert run(shared, Load(in_flight=32), machines=4, seconds=200).rate == pytest.approx(20, rel=0.01)


def test_a_lone_page_takes_the_sum_of_its_stages() -> None:
    lone = stages(
        layout_seconds=0.2,
        layout_page_seconds=0.1,
        prefill_seconds=0.05,
        step_seconds=0.01,
        step_row_seconds=0.001,
        crops=4,
        tokens=21,
        cpu_seconds=0.3,
        wait_seconds=0.07,
    )
    expected = 0.2 + 0.1 + 4 * 0.05 + 20 * (0.01 + 4 * 0.001) + 0.3 + 0.07
    assert lone_latency(lone) == pytest.approx(expected)


def test_full_batches_reach_what_the_stages_allow() -> None:
    """Rows that end at the same step leave slots empty in none of them."""
    even = stages(prefill_seconds=0.01, step_seconds=0.02, slots=8, crops=8, tokens=51)
    found = run(even, Load(in_flight=1), seconds=500)
    assert found.rate == pytest.approx(even.most_pages_a_second(), rel=0.01)


@pytest.mark.parametrize(("pages", "mean"), [(1, 1), (4, 2), (8, 4), (20, 8)])
def test_pages_that_wait_form_the_next_batch(pages: int, mean: float) -> None:
    """The first that comes back begins a batch alone, behind which the others gather: 1, n - 1, 1 and so on."""
    found = run(stages(layout_seconds=1, layout_batch=8, crops=1e-9), Load(in_flight=pages), seconds=2000)
    assert found.layout_batch == pytest.approx(mean, rel=0.02)
    assert found.rate == pytest.approx(mean, rel=0.02)


WORK = Stages(crops=6, slots=16, tokens=40, step_seconds=0.02, cpu_seconds=0.02)


@pytest.mark.parametrize("load", [Load(in_flight=12), Load(rate=3)])
@pytest.mark.parametrize("gateways", [1, 2])
def test_no_page_is_lost_and_littles_law_holds(load: Load, gateways: int) -> None:
    simulation = Simulation(Setup(WORK, 2, load, gateways=gateways, warm_up=100, seconds=2000))
    found = simulation.run()
    done = sum(machine.pages_done for machine in simulation.machines)
    assert simulation.begun == done + simulation.in_flight
    assert sum(found.pages) == pytest.approx(found.rate * 2000)
    assert found.in_flight == pytest.approx(found.rate * found.mean, rel=0.02)


def test_a_closed_load_keeps_to_the_bounds_of_operational_analysis() -> None:
    """Denning and Buzen, 1978: N in flight give at most N / R(1) pages a second, and 1 / D of the slowest part."""
    for pages in (1, 2, 4, 8, 16, 32):
        found = run(WORK, Load(in_flight=pages), seconds=600)
        assert found.rate <= 1.02 * min(pages / lone_latency(WORK), WORK.most_pages_a_second())
        assert found.p50 <= found.p95 <= found.p99


def test_more_machines_are_never_worse() -> None:
    found = [run(WORK, Load(rate=6), machines=machines) for machines in (3, 4, 6, 8)]
    assert all(fewer.p95 >= more.p95 for fewer, more in itertools.pairwise(found))
    closed = [run(WORK, Load(in_flight=8 * machines), machines=machines).rate for machines in (1, 2, 4, 8)]
    assert closed == pytest.approx([closed[0] * machines for machines in (1, 2, 4, 8)], rel=0.03)


def test_machines_share_the_work_whoever_sends_it() -> None:
    for gateways in (1, 3):
        found = run(WORK, Load(in_flight=24), machines=4, gateways=gateways, seconds=600)
        assert min(found.pages) > 0.9 * max(found.pages)


def test_a_gateway_lets_so_many_pages_through_and_the_others_wait_in_it() -> None:
    found = run(WORK, Load(in_flight=10), pages_in_flight=3, seconds=600)
    assert found.queue == pytest.approx(7, rel=0.02)
    assert found.rate == pytest.approx(run(WORK, Load(in_flight=3), seconds=600).rate, rel=0.03)


def test_the_same_seed_gives_the_same_and_another_one_nearly() -> None:
    first, again, other = (run(WORK, Load(rate=1.5), seconds=2000, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert first.mean == pytest.approx(other.mean, rel=0.1)
