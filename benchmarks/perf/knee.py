"""Where a load becomes too much."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.perf.levels import Level

SLOWDOWN = 3.0
"""How many times its unloaded value the p95 may reach."""
GOOD = 0.95
"""The share of requests that must be answered with a result."""


def saturation(closed: Sequence[Level]) -> float:
    """Requests in flight from which on more of them only wait: N* = X_max · R_1.

    There the two bounds on throughput cross, N / R_1 and X_max (Denning and Buzen, The Operational Analysis of Queueing
    Network Models, 1978). The first of the levels has one request in flight, so that R_1 = 1 / X_1.
    """
    return max(level.answered for level in closed) / closed[0].answered


def limit(closed: Sequence[Level], slowdown: float = SLOWDOWN) -> float:
    """The highest p95 in milliseconds that is still good: `slowdown` times that of one request at a time."""
    return slowdown * closed[0].p95


def usable(levels: Sequence[Level], limit: float, good: float = GOOD) -> Level | None:
    """The last of the rising loads before the first that is too much; None where the first one is.

    It is too much where p95 passes `limit` milliseconds, or less than `good` of the requests get a result: the usable
    capacity of Jain, The Art of Computer Systems Performance Analysis, 1991, section 3.3.
    """
    last = None
    for level in levels:
        if level.p95 > limit or level.good < good:
            break
        last = level
    return last
