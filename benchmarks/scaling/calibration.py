"""The times of the stages at one Triton, out of its own metrics: whatever engine it runs.

A batch's or a step's time is a constant and a part for each member. A mean over many is so of their mean size, so that
two loads of different sizes tell both.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tritonclient.http.aio as triton

from benchmarks.running import mean_of, totals_at
from benchmarks.scaling.load import Clients
from benchmarks.simulation.errors import NoDecodeLoop
from benchmarks.simulation.stages import Stages

_LAYOUT_SECONDS = 4.0
Totals = dict[str, float]


@dataclass(frozen=True)
class One:
    """One Triton: its addresses, and the CPU seconds that it, its gateway and their clients have used so far."""

    triton_url: str
    metrics_url: str
    cpu_seconds: Callable[[], float]


async def calibrate(one: One, clients: Clients, stages: Stages, *, in_flight: int, seconds: float) -> Stages:
    """`stages` (slots and cores are taken from there) with the times of one Triton, whose gateway `clients` ask.

    It is asked for pages one at a time, then `in_flight` at once, and its `layout` besides by itself.

    Raises:
        NoDecodeLoop: there is nothing to measure of `vlm`.
    """
    url = one.metrics_url
    layout = [await _layout(one, pages, min(seconds, _LAYOUT_SECONDS)) for pages in (1, 2 * stages.layout_batch)]
    before = totals_at(url)
    await clients.closed(1, seconds)
    alone = totals_at(url)
    if not _change("vlm_steps_total", before, alone):
        raise NoDecodeLoop("this engine tells no times of prefills and steps: measure ENGINE=paddle")
    latencies = clients.seen.latencies(0, float("inf"))
    await clients.closed(in_flight, seconds / 2)
    warm, cpu = totals_at(url), one.cpu_seconds()
    await clients.closed(in_flight, seconds)
    full, cpu = totals_at(url), one.cpu_seconds() - cpu
    layout_seconds, layout_page_seconds = _line(*layout)
    step_seconds, step_row_seconds = _line(_step(before, alone), _step(warm, full))
    tokens = _rate("vlm_tokens_total", "vlm_crops_total", before, full)
    crops = _rate("vlm_crops_total", "ocr_pages_total", before, full)
    cpu /= _change("ocr_pages_total", warm, full)
    # What a lone page takes beyond its stages is neither the device's nor the CPU's.
    wait = sum(latencies) / len(latencies) - _device_seconds(before, alone) - cpu
    return stages.model_copy(
        update={
            "layout_seconds": layout_seconds,
            "layout_page_seconds": layout_page_seconds,
            "prefill_seconds": _rate("vlm_prefill_seconds_total", "vlm_admitted_crops_total", warm, full)
            + _rate("vlm_vision_seconds_total", "vlm_admitted_crops_total", warm, full),
            "step_seconds": step_seconds,
            "step_row_seconds": step_row_seconds,
            "crops": crops,
            "tokens": tokens,
            "spread": _spread(_rate("vlm_steps_total", "ocr_pages_total", before, alone) + 1, tokens, crops),
            "cpu_seconds": cpu,
            "wait_seconds": max(0.0, wait),
        }
    )


async def _layout(one: One, in_flight: int, seconds: float) -> tuple[float, float]:
    """Mean pages and mean seconds of the batches of `layout`, asked for nothing else."""
    image = np.full((1, 400, 300, 3), 255, np.uint8)
    wanted = triton.InferInput("IMAGE", list(image.shape), "UINT8")
    wanted.set_data_from_numpy(image)
    before, end = totals_at(one.metrics_url), time.monotonic() + seconds
    async with triton.InferenceServerClient(one.triton_url.removeprefix("http://"), conn_limit=in_flight) as client:

        async def ask() -> None:
            while time.monotonic() < end:
                await client.infer("layout", [wanted])

        await asyncio.gather(*(ask() for _ in range(in_flight)))
    after = totals_at(one.metrics_url)
    return mean_of("layout_batch_pages", before, after), mean_of("layout_engine_seconds", before, after)


def _device_seconds(before: Totals, after: Totals) -> float:
    """Seconds of the device for a page, of pages that came one by one."""
    vlm = ("vision", "prefill", "decode")
    pages = _change("ocr_pages_total", before, after)
    return mean_of("layout_engine_seconds", before, after) + sum(
        _change(f"vlm_{part}_seconds_total", before, after) / pages for part in vlm
    )


def _spread(longest: float, tokens: float, crops: float) -> float:
    """How far tokens lie from their mean, as a part of it: by the mean of a page's longest crop.

    Of k values that are spread evenly over 1 - s to 1 + s the largest is 1 + s (k - 1) / (k + 1) on average.
    """
    return min(1.0, max(0.0, (longest / tokens - 1) * (crops + 1) / (crops - 1))) if crops > 1 else 0.0


def _step(before: Totals, after: Totals) -> tuple[float, float]:
    """Mean rows and mean seconds of a step."""
    rows = _rate("vlm_step_rows_total", "vlm_steps_total", before, after)
    return rows, _rate("vlm_decode_seconds_total", "vlm_steps_total", before, after)


def _rate(amount: str, count: str, before: Totals, after: Totals) -> float:
    return _change(amount, before, after) / _change(count, before, after)


def _change(name: str, before: Totals, after: Totals) -> float:
    return after.get(name, 0.0) - before.get(name, 0.0)


def _line(first: tuple[float, float], second: tuple[float, float]) -> tuple[float, float]:
    """Constant and slope of the line through two points (size, seconds), neither below nought."""
    (small, short), (large, long) = first, second
    slope = max(0.0, (long - short) / (large - small)) if large - small > 1e-6 else 0.0
    return max(0.0, short - slope * small), slope
