"""Levels of a made curve."""

from __future__ import annotations

from benchmarks.perf.levels import Inside, Level, Profile, Stage


def level(load: float, answered: float, p95: float = 100.0, good: float = 1.0, inside: Inside | None = None) -> Level:
    """A load whose other percentiles follow from its p95."""
    return Level(
        load=load,
        answered=answered,
        p50=p95 / 2,
        p90=p95 * 0.9,
        p95=p95,
        p99=p95 * 1.2,
        good=good,
        inside=inside or Inside(),
    )


def profile() -> Profile:
    """A gateway that turns requests away past 3 a second."""
    busy = Inside(cpu=0.5, layout=Stage(batch=2.04, queue=3.4, engine=56.7), vlm=Stage(batch=6, queue=7, engine=89))
    return Profile(
        target="gateway",
        unit="page",
        closed=(level(1, 2.0, 400, inside=busy), level(2, 3.0, 800, inside=busy), level(4, 3.1, 1500, inside=busy)),
        open=(level(1.5, 1.5, 500, inside=busy), level(2.5, 2.5, 1100, inside=busy), level(4, 3.0, 2500, 0.75, busy)),
    )
