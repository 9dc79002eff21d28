"""The GPU that the sleeping engine stands for."""

from __future__ import annotations

import psutil

from benchmarks.simulation.stages import Stages

SLEEP = Stages(
    layout_seconds=0.04,
    layout_page_seconds=0.02,
    prefill_seconds=0.02,
    step_seconds=0.025,
    slots=16,
    crops=6,
    tokens=40,
    cores=psutil.cpu_count() or 1,
    is_shared=True,
)
"""It reads two pages a second, so few that eight of them leave two cores free time."""


def faster(stages: Stages, speed: float) -> Stages:
    """The same with a GPU so many times as fast."""
    times = ("layout_seconds", "layout_page_seconds", "prefill_seconds", "step_seconds", "step_row_seconds")
    return stages.model_copy(update={name: getattr(stages, name) / speed for name in times})


def sleep_settings(stages: Stages) -> dict[str, str]:
    """The sleeping engine's settings for these times."""
    return {
        "SLEEP_LAYOUT_SECONDS": str(stages.layout_seconds),
        "SLEEP_LAYOUT_PAGE_SECONDS": str(stages.layout_page_seconds),
        "SLEEP_PREFILL_SECONDS": str(stages.prefill_seconds),
        "SLEEP_STEP_SECONDS": str(stages.step_seconds),
        "SLEEP_STEP_ROW_SECONDS": str(stages.step_row_seconds),
        "SLEEP_BLOCKS": str(round(stages.crops)),
        "SLEEP_TOKENS": str(round(stages.tokens)),
        "VLM_SLOTS": str(stages.slots),
    }


def device_seconds(gpu: Stages, before: dict[str, float], after: dict[str, float]) -> float:
    """Seconds in which a Triton's device worked between two readings of its metrics."""
    amounts = {
        # The seconds of `layout` itself hold its wait for the device.
        "layout_batch_pages_count": gpu.layout_seconds,
        "layout_batch_pages_sum": gpu.layout_page_seconds,
        "vlm_prefill_seconds_total": 1.0,
        "vlm_decode_seconds_total": 1.0,
    }
    return sum(each * (after.get(name, 0.0) - before.get(name, 0.0)) for name, each in amounts.items())
