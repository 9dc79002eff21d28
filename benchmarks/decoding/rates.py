"""Tokens a second, stalls, and the cost of getting a crop to its first token."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.decoding.bench import Bench, Timeline, noise, turn_until


@dataclass(frozen=True)
class Rate:
    """Decode tokens a second of both engines, the official one measured just before and after."""

    crops: int
    official: float
    ours: float

    @property
    def ratio(self) -> float:
        """How many times the official engine's."""
        return self.ours / self.official


def decode_rates(bench: Bench, counts: Sequence[int], steps: int) -> list[Rate]:
    """Tokens a second of so many crops that decode together, vision and prefill left out."""
    rates = []
    before = _official_step(bench, steps)
    for count in counts:
        crops = [noise(number, tokens=steps + 2) for number in range(count)]
        _, timeline = bench.read(crops, slots=count, at_once=True)
        after = _official_step(bench, steps)
        rates.append(Rate(count, 2 / (before + after), count / timeline.interval(count)))
        before = after
    return rates


def _official_step(bench: Bench, steps: int) -> float:
    """Seconds a token of the official engine: those of a long text, less those of its first token."""
    short, long = (_seconds(bench, tokens) for tokens in (1, steps + 1))
    return (long - short) / steps


def _seconds(bench: Bench, tokens: int) -> float:
    start = time.perf_counter()
    bench.official(noise(0, tokens=tokens))
    return time.perf_counter() - start


def first_token_seconds(bench: Bench, patches: tuple[int, int], crops: int) -> tuple[float, float]:
    """Seconds a crop from pixels to its first token: of the official engine, and of the loop over all at once."""
    wanted = [noise(number, patches, tokens=1) for number in range(crops)]
    start = time.perf_counter()
    for crop in wanted:
        bench.official(crop)
    middle = time.perf_counter()
    bench.read(wanted, slots=crops)
    return (middle - start) / crops, (time.perf_counter() - middle) / crops


def longest_stall(bench: Bench, patches: tuple[int, int], newcomers: int) -> float:
    """The longest time between two tokens of a crop while others come in, in steps of that crop alone."""
    timeline = Timeline()
    [first] = bench.rows([noise(0, patches, tokens=4000)])
    # Prepared beforehand: in the product other threads do that.
    others = bench.rows([noise(number, patches, tokens=4) for number in range(1, newcomers + 1)])
    with bench.loop(newcomers + 1, timeline) as loop:
        loop.submit([first])
        turn_until(loop, lambda: len(first.generated) > 10)
        alone = timeline.interval(1)
        begun = len(timeline.ends) - 1
        loop.submit(others)
        turn_until(loop, lambda: all(row.future.done() for row in others))
    return float(np.diff(timeline.ends[begun:]).max() / alone)
