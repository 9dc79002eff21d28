"""A model that hangs while it loads: its process lives and does nothing, and Triton waits for it without end."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping

import psutil

_LEAST_CPU_SECONDS = 0.2
"""Less than this in START_STALL seconds is no work: reading weights from a slow disk takes more."""


class Stall:
    """Compares the CPU time of processes with what it was `seconds` ago."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._worked: dict[int, tuple[float, float]] = {}
        """By process: when it was last seen to have worked, and its CPU seconds then."""

    def look(self, loading: Mapping[int, str]) -> str | None:
        """Return the name of a process that did no work for so long, None where there is none."""
        now = time.monotonic()
        for pid, name in loading.items():
            with contextlib.suppress(psutil.NoSuchProcess):
                times = psutil.Process(pid).cpu_times()
                used = times.user + times.system
                since, before = self._worked.setdefault(pid, (now, used))
                if used - before >= _LEAST_CPU_SECONDS:
                    self._worked[pid] = (now, used)
                elif now - since >= self._seconds:
                    return name
        return None
