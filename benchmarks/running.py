"""The product, started for a measurement, and what it uses."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import httpx2 as httpx
import psutil

from supervisor.free_ports import settings_on_free_ports
from supervisor.stack import Stack


@contextmanager
def running_product(**more: str) -> Iterator[Stack]:
    """Triton and the gateway on free ports, ready, until the context ends; `more` adds to the environment."""
    with tempfile.TemporaryDirectory() as folder:
        # The stack keeps the environment that it is made in.
        with mock.patch.dict(os.environ, more):
            product = Stack(settings_on_free_ports(Path(folder)))
        with product as stack:
            yield stack


def cpu_seconds(stack: Stack) -> float:
    """CPU seconds that the product's processes have used so far, ended ones that were waited for included."""
    return cpu_seconds_of(filter(None, (stack.triton_pid, stack.gateway_pid)))


def cpu_seconds_of(pids: Iterable[int]) -> float:
    """The same of these processes and their children."""
    total = 0.0
    for pid in pids:
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
    return totals_at(stack.metrics_url)


def totals_at(metrics_url: str) -> dict[str, float]:
    """The same of whatever has its metrics there."""
    totals: dict[str, float] = {}
    text = httpx.get(metrics_url).raise_for_status().text
    for name, value in re.findall(r"^([a-z_]+)(?:\{[^}]*\})? (\S+)$", text, re.MULTILINE):
        totals[name] = totals.get(name, 0.0) + float(value)
    return totals


def mean_of(histogram: str, before: dict[str, float], after: dict[str, float]) -> float:
    """The mean observation of a histogram between two readings of `metric_totals`."""
    total, count = (after[f"{histogram}_{part}"] - before.get(f"{histogram}_{part}", 0.0) for part in ("sum", "count"))
    return total / count


def mean_batches(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """The mean batch of `layout` and `vlm` between two readings of `metric_totals`."""
    histograms = {"layout": "layout_batch_pages", "vlm": "vlm_batch_crops"}
    return {model: mean_of(histogram, before, after) for model, histogram in histograms.items()}
