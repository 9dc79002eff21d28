"""Many crops: texts of mixed lengths that arrive over time, equal texts, and memory that stays."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import psutil

from benchmarks.decoding.bench import Bench, Timeline, noise
from engines.vlm.base import PROMPTS, Crop

SLOTS = 16


@dataclass(frozen=True)
class Mixed:
    """Total seconds of both engines for the same arrivals, and the part of slots in use while crops waited."""

    official: float
    ours: float
    busy: float


def mixed_lengths(bench: Bench, crops: int) -> Mixed:
    """Crops whose texts have log-normal lengths from 4 to 400 tokens come in faster than one engine reads them."""
    random = np.random.default_rng(0)
    lengths = np.clip(random.lognormal(4.0, 1.1, crops).astype(int), 4, 400)
    wanted = [noise(number, tokens=int(length)) for number, length in enumerate(lengths)]
    arrivals = np.cumsum(random.exponential(0.02, crops))
    timeline = Timeline()
    rows = bench.rows(wanted)
    coming = list(zip(arrivals, rows, strict=True))
    with bench.loop(SLOTS, timeline) as loop:
        start = time.perf_counter()
        while not all(row.future.done() for row in rows):
            while coming and time.perf_counter() - start >= coming[0][0]:
                loop.submit([coming.pop(0)[1]])
            loop.turn()
        ours = time.perf_counter() - start
    start = time.perf_counter()
    for arrival, crop in zip(arrivals, wanted, strict=True):
        time.sleep(max(0.0, arrival - (time.perf_counter() - start)))
        bench.official(crop)
    official = time.perf_counter() - start
    queued = [rows for rows, waiting in zip(timeline.rows, timeline.waiting, strict=False) if waiting]
    return Mixed(official, ours, sum(queued) / (SLOTS * len(queued)))


def equal_texts(bench: Bench, crops: int) -> tuple[int, int]:
    """How many of so many crops of all prompts and sizes read as the official engine reads them, and their tokens."""
    random = np.random.default_rng(1)
    equal = tokens = 0
    for chunk in _chunks(crops, 100):
        wanted = [_any_crop(number, random) for number in chunk]
        order = random.permutation(len(wanted))
        texts, _ = bench.read([wanted[place] for place in order], slots=int(random.integers(2, 33)))
        for place, text in zip(order, texts, strict=True):
            official, count = bench.official(wanted[place])
            equal += official == text
            tokens += count
    return equal, tokens


def memory_marks(bench: Bench, crops: int) -> list[float]:
    """Resident MiB after each tenth of so many crops."""
    process = psutil.Process()
    wanted = [_any_crop(number, np.random.default_rng(number)) for number in range(crops // 10)]
    marks = []
    for _ in range(10):
        bench.read(wanted, slots=SLOTS)
        marks.append(process.memory_info().rss / 2**20)
    return marks


def _any_crop(number: int, random: np.random.Generator) -> Crop:
    patches = (int(random.integers(1, 9)), int(random.integers(2, 17)))
    crop = noise(number, patches, tokens=int(random.integers(1, 200)))
    return replace(crop, prompt=PROMPTS[number % len(PROMPTS)])


def _chunks(total: int, size: int) -> list[range]:
    return [range(start, min(start + size, total)) for start in range(0, total, size)]
