"""What the processes of the product have resident."""

from __future__ import annotations

from collections.abc import Iterator

import psutil

from supervisor.stack import Stack

_MEBIBYTE = 1 << 20


def resident(stack: Stack) -> dict[str, float]:
    """MiB by process: the gateway, its rendering processes together, Triton, and each of its models."""
    sums: dict[str, float] = {}
    for pid in filter(None, (stack.gateway_pid, stack.triton_pid)):
        root = psutil.Process(pid)
        for name, process in _named(root, "gateway" if pid == stack.gateway_pid else "triton"):
            try:
                sums[name] = sums.get(name, 0.0) + process.memory_info().rss / _MEBIBYTE
            except psutil.NoSuchProcess:
                continue
    return sums


def _named(root: psutil.Process, name: str) -> Iterator[tuple[str, psutil.Process]]:
    yield name, root
    for child in root.children(recursive=True):
        try:
            words = child.cmdline()
        except psutil.NoSuchProcess:
            continue
        if "gateway.pages.worker" in words:
            yield "renderers", child
            continue
        models = [word for word in words if "/model.py" in word]
        yield f"triton: {models[0].split('/')[-3]}" if models else f"{name}: other", child
