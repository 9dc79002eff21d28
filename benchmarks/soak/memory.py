"""Memory of the product's processes over a soak: marks at intervals, and the slope after the warm-up."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field

import numpy as np

from benchmarks.processes import MEBIBYTE, resident, totals
from supervisor.stack import Stack

WARM_UP = 0.25
"""The part of a soak that counts as warm-up."""


@dataclass
class MemoryMarks:
    """Resident memory by process, and what /dev/shm holds, in MiB."""

    stack: Stack
    times: list[float] = field(default_factory=list)
    marks: list[dict[str, float]] = field(default_factory=list)

    def mark(self) -> None:
        """Note the memory of now."""
        self.times.append(time.monotonic())
        self.marks.append({**totals(self.stack, resident), "/dev/shm": shutil.disk_usage("/dev/shm").used / MEBIBYTE})

    def slopes(self) -> dict[str, tuple[float, float, float]]:
        """By process: MiB at the end of the warm-up, at the end, and MiB an hour in between by least squares."""
        start = self.times[0] + WARM_UP * (self.times[-1] - self.times[0])
        warm = [place for place, at in enumerate(self.times) if at >= start]
        hours = np.array([self.times[place] for place in warm]) / 3600
        found = {}
        # What was replaced meanwhile, as renderers are, has no line of its own.
        for name in set.intersection(*(set(self.marks[place]) for place in warm)):
            values = np.array([self.marks[place][name] for place in warm])
            slope = float(np.polyfit(hours, values, 1)[0]) if len(warm) > 2 else 0.0
            found[name] = (float(values[0]), float(values[-1]), slope)
        return found
