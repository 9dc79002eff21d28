"""One load on a fleet, and what is measured of it."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from dataclasses import dataclass

from benchmarks.scaling.fleet import Fleet
from benchmarks.scaling.gpu import device_seconds
from benchmarks.scaling.load import Clients
from benchmarks.scaling.runs import Kind, Run
from benchmarks.simulation.percentiles import percentile
from benchmarks.simulation.stages import Stages

Readings = list[dict[str, float]]


@dataclass(frozen=True)
class Times:
    """Seconds of a load: before it counts, and while it does."""

    warm_up: float
    counted: float


async def measure(fleet: Fleet, clients: Clients, kind: Kind, level: float, gpu: Stages, times: Times) -> Run:
    """Put a load on the fleet: `level` pages in flight (closed), or offered a second (open)."""
    whole = times.warm_up + times.counted
    sending = asyncio.create_task(
        clients.closed(int(level), whole) if kind == "closed" else clients.open(level, whole, random.Random(level))
    )
    await asyncio.sleep(times.warm_up)
    start, cpu, before = time.monotonic(), cpu_seconds(fleet), await asyncio.to_thread(fleet.metrics)
    await asyncio.sleep(start + times.counted - time.monotonic())
    end, cpu, after = time.monotonic(), cpu_seconds(fleet) - cpu, await asyncio.to_thread(fleet.metrics)
    await sending
    latencies, seconds = clients.seen.latencies(start, end), end - start
    worked = [device_seconds(gpu, old, new) / seconds for old, new in zip(before, after, strict=True)]
    return Run(
        tritons=len(fleet.tritons),
        gateways=len(fleet.gateways),
        kind=kind,
        level=level,
        seconds=seconds,
        warm_up=times.warm_up,
        rate=len(latencies) / seconds,
        p50=percentile(latencies, 50),
        p95=percentile(latencies, 95),
        p99=percentile(latencies, 99),
        cores=cpu / seconds,
        busy=statistics.mean(worked),
        pages=[round(pages) for pages in _changes("ocr_pages_total", before, after)],
        layout_batch=sum(_changes("layout_batch_pages_sum", before, after))
        / max(1, sum(_changes("layout_batch_pages_count", before, after))),
        failures=dict(clients.seen.failures),
    )


def cpu_seconds(fleet: Fleet) -> float:
    """CPU seconds so far of the fleet and of its clients, which are this process."""
    return fleet.cpu_seconds() + time.process_time()


def _changes(name: str, before: Readings, after: Readings) -> list[float]:
    return [new.get(name, 0.0) - old.get(name, 0.0) for old, new in zip(before, after, strict=True)]
