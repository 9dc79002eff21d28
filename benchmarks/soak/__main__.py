"""Sends the product mixed traffic over its capacity, and watches answers and memory.

    python -m benchmarks.soak [--requests 20000] [--clients 96]

Five in a hundred requests are bad, eight hang up, two are jobs. Prints what came of them, the memory of every process
with its slope after the warm-up, and ends with status 1 where an answer was wrong, late or lost.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx2 as httpx

from benchmarks.running import running_product
from benchmarks.soak.documents import make_samples
from benchmarks.soak.memory import MemoryMarks
from benchmarks.soak.traffic import ANSWER_SECONDS, MIXED, Client, Told

BUSY_PAUSE = (0.1, 0.6)
"""Seconds that a client waits which was turned away: less than it was told, so that the load stays over capacity."""


@dataclass
class Soak:
    """Traffic of `clients` at once until `requests` are answered."""

    client: Client
    requests: int
    clients: int
    told: list[Told] = field(default_factory=list)

    async def run(self, memory: MemoryMarks) -> None:
        """Send everything, and note the memory a hundred times meanwhile."""
        watching = asyncio.create_task(self._watch(memory))
        await asyncio.gather(*(self._send(random.Random(number)) for number in range(self.clients)))
        watching.cancel()

    async def _send(self, chance: random.Random) -> None:
        while len(self.told) < self.requests:
            told = await self.client.send(chance)
            self.told.append(told)
            if told.outcome in ("busy", "unavailable", "broken off"):
                await asyncio.sleep(chance.uniform(*BUSY_PAUSE))

    async def _watch(self, memory: MemoryMarks) -> None:
        share = 0
        while True:
            if len(self.told) * 100 // self.requests >= share:
                memory.mark()
                share += 1
            await asyncio.sleep(0.2)


async def soak(requests: int, clients: int) -> bool:
    """Run it and print the tables; whether all was right."""
    with running_product(MAX_REQUESTS="24", MAX_QUEUE="24", CLIENT_SHARE="1", JOBS_KEEP_SECONDS="60") as stack:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=clients)
        async with httpx.AsyncClient(base_url=stack.gateway_url, timeout=ANSWER_SECONDS, limits=limits) as http:
            client = Client(http, make_samples(), MIXED)
            await client.learn()
            run, memory = Soak(client, requests, clients), MemoryMarks(stack)
            start = time.monotonic()
            await run.run(memory)
            seconds = time.monotonic() - start
            await asyncio.sleep(2)
            healthy = (await http.get("/health")).status_code == httpx.codes.OK
            memory.mark()
        restarts = stack.restarts
    print_outcomes(run.told, seconds)
    print_memory(memory)
    print(f"\nrestarts: {restarts}; healthy at the end: {'yes' if healthy else 'no'}")
    return healthy and restarts == 0 and not any(told.outcome == "wrong" for told in run.told)


def print_outcomes(told: list[Told], seconds: float) -> None:
    """A row a kind of request, a column an outcome, and what was wrong."""
    outcomes = sorted({item.outcome for item in told})
    counts = Counter((item.kind, item.outcome) for item in told)
    print(f"\n{len(told)} requests in {seconds:.0f} s, {len(told) / seconds:.1f} a second\n")
    print(f"| kind | {' | '.join(outcomes)} |\n|---|{'---|' * len(outcomes)}")
    for kind in sorted({item.kind for item in told}):
        print(f"| {kind} | {' | '.join(str(counts[kind, outcome]) for outcome in outcomes)} |")
    for detail, count in Counter(item.detail for item in told if item.outcome == "wrong").most_common(20):
        print(f"wrong, {count} times: {detail}")


def print_memory(memory: MemoryMarks) -> None:
    """A row a process: memory after the warm-up and at the end, and its slope."""
    print("\n| process | MiB after the warm-up | MiB at the end | MiB an hour |\n|---|---|---|---|")
    for name, (warm, end, slope) in sorted(memory.slopes().items()):
        print(f"| {name} | {warm:.0f} | {end:.0f} | {slope:+.1f} |")


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--clients", type=int, default=96)
    arguments = parser.parse_args()
    sys.exit(0 if asyncio.run(soak(arguments.requests, arguments.clients)) else 1)


if __name__ == "__main__":
    main()
