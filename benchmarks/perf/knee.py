"""Where a load becomes too much."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.perf.levels import Level, Profile

SLOWDOWN = 3.0
"""How many times its unloaded value the p95 may reach."""
GOOD = 0.95
"""The share of requests that must be answered with a result."""


def most(closed: Sequence[Level]) -> float:
    """The highest rate that was answered with any number of requests in flight: X_max."""
    return max(level.answered for level in closed)


def saturation(closed: Sequence[Level]) -> float:
    """Requests in flight from which on more of them only wait: N* = X_max · R_1.

    There the two bounds on throughput cross, N / R_1 and X_max (Denning and Buzen, The Operational Analysis of Queueing
    Network Models, 1978). The first of the levels has one request in flight, so that R_1 = 1 / X_1.
    """
    return most(closed) / closed[0].answered


def limit(closed: Sequence[Level], slowdown: float = SLOWDOWN) -> float:
    """The highest p95 in milliseconds that is still good: `slowdown` times that of one request at a time."""
    return slowdown * closed[0].p95


def usable(profile: Profile) -> Level | None:
    """The highest rate at which p95 keeps to the limit and `GOOD` of the requests get a result; None if there is none.

    The usable capacity of Jain, The Art of Computer Systems Performance Analysis, 1991, section 3.3. It is below
    `most`: from there on the queue of a longer run would grow without end. A lower rate that fails had bad luck.
    """
    allowed, highest = limit(profile.closed), most(profile.closed)
    kept = [level for level in profile.open if level.load < highest and level.p95 <= allowed and level.good >= GOOD]
    return max(kept, key=lambda level: level.load, default=None)
