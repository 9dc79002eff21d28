"""Gateways before machines, under a load; what comes of it.

A gateway sends each page to the machine that has the fewest of its own in flight, of equals to the one whose turn is
longest ago (gateway.tritons), and lets so many pages through at once.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import simpy

from benchmarks.simulation.machine import Machine, Steps
from benchmarks.simulation.percentiles import percentile
from benchmarks.simulation.stages import Stages


@dataclass(frozen=True)
class Load:
    """Either `in_flight` pages at once (closed), or `rate` pages a second that come by chance (open, Poisson)."""

    in_flight: int = 0
    rate: float = 0.0

    def __str__(self) -> str:
        return f"{self.in_flight} in flight" if self.in_flight else f"{self.rate:g} pages/s offered"


@dataclass(frozen=True)
class Setup:
    """What is simulated: `pages_in_flight` is each gateway's MAX_PAGES_IN_FLIGHT; None for no limit."""

    stages: Stages
    machines: int
    load: Load
    gateways: int = 1
    pages_in_flight: int | None = None
    seconds: float = 600.0
    warm_up: float = 60.0
    seed: int = 1
    arrivals: float | None = None
    """Seed of the comings of an open load alone, as benchmarks.scaling.load has them; None for `seed`."""


@dataclass(frozen=True)
class Predicted:
    """What came of it between the warm-up and the end. Times are seconds, rates pages a second."""

    rate: float
    came: float
    """Pages a second that arrived, which chance makes more or fewer of than were offered."""
    p50: float
    p95: float
    p99: float
    mean: float
    busy: list[float]
    """Part of the time in which each machine's device worked."""
    pages: list[int]
    """Pages that each machine read."""
    in_flight: float
    """Pages between arrival and answer, on average over time."""
    queue: float
    """Those of them that wait in a gateway."""
    layout_batch: float
    """Mean pages of a layout batch."""


class _Gateway:
    """Sends pages to machines."""

    def __init__(self, env: simpy.Environment, machines: Sequence[Machine], pages_in_flight: int | None) -> None:
        self._machines = machines
        self._in_flight = [0] * len(machines)
        self._last_chosen = [0] * len(machines)
        self._choices = itertools.count(1)
        self._places = simpy.Resource(env, pages_in_flight) if pages_in_flight else None

    @property
    def waiting(self) -> int:
        return len(self._places.queue) if self._places else 0

    def read(self) -> Steps:
        """One page, from its arrival to its answer."""
        if self._places is None:
            yield from self._send()
            return
        with self._places.request() as place:
            yield place
            yield from self._send()

    def _send(self) -> Steps:
        chosen = min(range(len(self._machines)), key=lambda place: (self._in_flight[place], self._last_chosen[place]))
        self._last_chosen[chosen] = next(self._choices)
        self._in_flight[chosen] += 1
        yield from self._machines[chosen].read()
        self._in_flight[chosen] -= 1


class Simulation:
    """One set-up, made once and run once."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        chance = random.Random(setup.seed)
        self._comings = random.Random(setup.seed if setup.arrivals is None else setup.arrivals)
        self._env = env = simpy.Environment()
        stages = setup.stages
        shared = simpy.Resource(env, stages.cores)
        self.machines = [
            Machine(env, stages, shared if stages.is_shared else simpy.Resource(env, stages.cores), chance)
            for _ in range(setup.machines)
        ]
        self._gateways = [_Gateway(env, self.machines, setup.pages_in_flight) for _ in range(setup.gateways)]
        self._next_gateway = itertools.cycle(self._gateways)
        self.begun = 0
        self.latencies: list[float] = []
        self._in_flight = 0
        self._levels = [0.0, 0.0]

    def run(self) -> Predicted:
        """Simulate, and sum up."""
        setup, env = self._setup, self._env
        if setup.load.in_flight:
            for _ in range(setup.load.in_flight):
                env.process(self._client(next(self._next_gateway)))
        else:
            env.process(self._arrivals())
        env.run(until=setup.warm_up)
        busy = [machine.busy_seconds for machine in self.machines]
        pages = [machine.pages_done for machine in self.machines]
        self.latencies, begun = [], self.begun
        env.process(self._look())
        env.run(until=setup.warm_up + setup.seconds)
        ordered = sorted(self.latencies)
        return Predicted(
            rate=len(ordered) / setup.seconds,
            came=(self.begun - begun) / setup.seconds,
            p50=percentile(ordered, 50),
            p95=percentile(ordered, 95),
            p99=percentile(ordered, 99),
            mean=sum(ordered) / max(1, len(ordered)),
            busy=[
                (machine.busy_seconds - old) / setup.seconds for machine, old in zip(self.machines, busy, strict=True)
            ],
            pages=[machine.pages_done - old for machine, old in zip(self.machines, pages, strict=True)],
            in_flight=self._levels[0] / setup.seconds,
            queue=self._levels[1] / setup.seconds,
            layout_batch=sum(machine.batched_pages for machine in self.machines)
            / max(1, sum(machine.batches for machine in self.machines)),
        )

    @property
    def in_flight(self) -> int:
        """Pages between arrival and answer."""
        return self._in_flight

    def _client(self, gateway: _Gateway) -> Steps:
        while True:
            yield from self._page(gateway)

    def _arrivals(self) -> Steps:
        while True:
            yield self._env.timeout(self._comings.expovariate(self._setup.load.rate))
            self._env.process(self._page(next(self._next_gateway)))

    def _page(self, gateway: _Gateway) -> Steps:
        start = self._env.now
        self.begun += 1
        self._in_flight += 1
        yield from gateway.read()
        self._in_flight -= 1
        self.latencies.append(self._env.now - start)

    def _look(self) -> Generator[simpy.Event, Any, None]:
        """Sum the levels up over time, by looks at short intervals."""
        interval = self._setup.seconds / 20_000
        while True:
            self._levels[0] += self._in_flight * interval
            self._levels[1] += sum(gateway.waiting for gateway in self._gateways) * interval
            yield self._env.timeout(interval)


def simulate(setup: Setup) -> Predicted:
    """What comes of a set-up."""
    return Simulation(setup).run()


def lone_latency(stages: Stages) -> float:
    """Mean seconds of a page that has everything for itself."""
    return simulate(Setup(stages, machines=1, load=Load(in_flight=1), warm_up=10.0)).mean
