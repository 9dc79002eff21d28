"""The product, started for a measurement, and what it uses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2 as httpx
import psutil
from supervisor.settings import SupervisorSettings
from supervisor.stack import Stack


@contextmanager
def running_product() -> Iterator[Stack]:
    """Triton and the gateway on free ports, ready, with the environment's settings; stopped with the context."""
    with Stack(SupervisorSettings.on_free_ports()) as stack:
        yield stack


def cpu_seconds(stack: Stack) -> float:
    """CPU seconds that the product's processes have used so far, ended ones that were waited for included."""
    total = 0.0
    for pid in stack.pids():
        process = psutil.Process(pid)
        for member in (process, *process.children(recursive=True)):
            try:
                times = member.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system + times.children_user + times.children_system
    return total


def metric_totals(stack: Stack) -> dict[str, float]:
    """The sums and counts of Triton's metrics by name, over all labels."""
    totals: dict[str, float] = {}
    text = httpx.get(stack.triton_metrics_url).raise_for_status().text
    for name, value in re.findall(r"^([a-z_]+)(?:\{[^}]*\})? (\S+)$", text, re.MULTILINE):
        totals[name] = totals.get(name, 0.0) + float(value)
    return totals
