"""Does one fault after the other to the product under load, and prints what its clients saw.

    python -m benchmarks.faults [--only WORD ...]

Ends with status 1 where an answer was wrong, a job was lost, or the product did not come back.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import httpx2 as httpx

from benchmarks.faults.faults import FAULTS, Fault
from benchmarks.faults.world import World, world
from benchmarks.soak.documents import make_samples
from benchmarks.soak.traffic import ANSWER_SECONDS, KEEPING, Client, Outcome, Told

COLUMNS: tuple[Outcome, ...] = ("read", "read, not kept", "refused", "unavailable", "busy", "broken off", "wrong")
CLIENTS = 16
BACK_SECONDS = 120.0
AFTER_SECONDS = 2.0
PAUSE = 0.3
"""Seconds that a client waits which was told to come back."""


@dataclass
class Seen:
    """What clients saw of one fault; `back` is the seconds until a page was read without trouble again."""

    fault: str
    told: list[Told] = field(default_factory=list)
    back: float = 0.0
    longest: float = 0.0

    @property
    def is_right(self) -> bool:
        """Whether nothing was wrong and the product came back."""
        return self.back < BACK_SECONDS and not any(told.outcome == "wrong" for told in self.told)


class Load:
    """Clients that send without end; what they are told goes to `seen`."""

    def __init__(self, client: Client, seen: Seen) -> None:
        self._client = client
        self._seen = seen
        self._ends = asyncio.Event()

    async def run(self) -> None:
        """Send until `end`, and wait for the last answers, those to jobs among them."""
        await asyncio.gather(*(self._send(random.Random(number)) for number in range(CLIENTS)))

    def end(self) -> None:
        """Send nothing more."""
        self._ends.set()

    async def _send(self, chance: random.Random) -> None:
        while not self._ends.is_set():
            start = time.monotonic()
            told = await self._client.send(chance)
            self._seen.told.append(told)
            if told.kind != "job":
                self._seen.longest = max(self._seen.longest, time.monotonic() - start)
            if told.outcome in ("busy", "unavailable", "broken off"):
                await asyncio.sleep(PAUSE)


async def suffer(fault: Fault, client: Client, around: World) -> Seen:
    """Do the fault under load, until pages are read again and a while longer."""
    seen = Seen(fault.name)
    load = Load(client, seen)
    running = asyncio.create_task(load.run())
    await asyncio.sleep(AFTER_SECONDS)
    start = time.monotonic()
    fault.do(around)
    await asyncio.sleep(fault.lasts)
    fault.undo(around)
    await asyncio.sleep(0.5)
    await _until_read(client)
    seen.back = time.monotonic() - start
    await asyncio.sleep(AFTER_SECONDS)
    load.end()
    await running
    seen.told = [_judged(told, fault) for told in seen.told]
    around.forget_results()
    return seen


def _judged(told: Told, fault: Fault) -> Told:
    """What is wrong but is rightly put on the document that the fault was done to."""
    if fault.blamed is not None and told.outcome == "wrong" and f" {fault.blamed}: " in told.detail:
        return Told(told.kind, "refused", told.detail)
    return told


async def _until_read(client: Client) -> None:
    """Wait until the product says that it can do its job, and does it."""
    deadline = time.monotonic() + BACK_SECONDS
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            healthy = (await client.http.get("/health")).status_code == httpx.codes.OK
            if healthy and (await client.read_one()).outcome == "read":
                return
        await asyncio.sleep(0.2)


async def suffer_all(faults: Sequence[Fault]) -> list[Seen]:
    """One fault after the other, to one product."""
    with world() as around:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=around.stack.gateway_url, timeout=ANSWER_SECONDS, limits=limits) as http:
            client = Client(http, make_samples(), KEEPING)
            await client.learn()
            return [_told(await suffer(fault, client, around)) for fault in faults]


def _told(seen: Seen) -> Seen:
    """Print a fault's row."""
    counts = Counter(told.outcome for told in seen.told)
    row = " | ".join(str(counts[column]) for column in COLUMNS)
    print(f"| {seen.fault} | {len(seen.told)} | {row} | {seen.back:.1f} | {seen.longest:.1f} |", flush=True)
    for told in seen.told:
        if told.outcome == "wrong":
            print(f"wrong: {told.kind}: {told.detail}", flush=True)
    return seen


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=[""], metavar="WORD", help="those whose name holds one of these")
    words = parser.parse_args().only
    chosen = [fault for fault in FAULTS if any(word in fault.name for word in words)]
    print(f"| what happens | requests | {' | '.join(COLUMNS)} | s until all is well | longest answer, s |")
    print(f"|---|{'---|' * (len(COLUMNS) + 3)}")
    sys.exit(0 if all(seen.is_right for seen in asyncio.run(suffer_all(chosen))) else 1)


if __name__ == "__main__":
    main()
