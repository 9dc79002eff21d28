"""Memory of the product's processes over a soak: marks at intervals, and the slope after the warm-up."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field

import numpy as np
import psutil

from supervisor.stack import Stack

MEBIBYTE = 2**20
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
        self.marks.append({**self._processes(), "/dev/shm": shutil.disk_usage("/dev/shm").used / MEBIBYTE})

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

    def _processes(self) -> dict[str, float]:
        totals: dict[str, float] = {}
        for pid in filter(None, (self.stack.gateway_pid, self.stack.triton_pid)):
            process = psutil.Process(pid)
            for member in (process, *process.children(recursive=True)):
                try:
                    name, used = _name(member), member.memory_info().rss / MEBIBYTE
                except psutil.NoSuchProcess:
                    continue
                totals[name] = totals.get(name, 0.0) + used
        return totals


def _name(process: psutil.Process) -> str:
    """What a process of the product is, by its command line; those of one kind are added up."""
    words = process.cmdline()
    models = [word.split("/")[-3] for word in words if word.endswith("/1/model.py")]
    if models:
        return f"model {models[0]}"
    if "gateway.pages.worker" in words:
        return "renderers"
    return "gateway" if "gateway" in words else "tritonserver"
