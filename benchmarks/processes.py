"""The processes of the running product, by what they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

import psutil

from supervisor.stack import Stack

MEBIBYTE = 1 << 20
_WORKERS = {"gateway.pages.worker": "renderers", "engines.page.document_worker": "restructure"}


def parts(stack: Stack) -> Iterator[tuple[str, psutil.Process]]:
    """Each process: `gateway`, its `renderers`, `tritonserver`, and the model whose work it does."""
    for pid, name in ((stack.gateway_pid, "gateway"), (stack.triton_pid, "tritonserver")):
        if pid is None:
            continue
        root = psutil.Process(pid)
        yield name, root
        for child in root.children(recursive=True):
            try:
                yield _part(child.cmdline()) or name, child
            except psutil.NoSuchProcess:
                continue


def totals(stack: Stack, measure: Callable[[psutil.Process], float]) -> dict[str, float]:
    """What `measure` says of each process, those of one kind added up; what ends meanwhile counts nothing."""
    sums: defaultdict[str, float] = defaultdict(float)
    for name, process in parts(stack):
        try:
            sums[name] += measure(process)
        except psutil.NoSuchProcess:
            continue
    return dict(sums)


def resident(process: psutil.Process) -> float:
    """Resident memory, in MiB."""
    return float(process.memory_info().rss / MEBIBYTE)


def cpu_seconds(process: psutil.Process) -> float:
    """CPU seconds so far."""
    times = process.cpu_times()
    return float(times.user + times.system)


def _part(command: list[str]) -> str | None:
    workers = [name for module, name in _WORKERS.items() if module in command]
    models = [word.split("/")[-3] for word in command if word.endswith("/1/model.py")]
    return next(iter(workers + models), None)
