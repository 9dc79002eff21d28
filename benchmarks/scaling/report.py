"""The table of runs."""

from __future__ import annotations

from benchmarks.scaling.runs import Measured, Run

_HEAD = (
    "Tritons",
    "gateways",
    "load",
    "pages/s",
    "efficiency",
    "p50, s",
    "p95, s",
    "device busy",
    "cores used",
    "pages of each",
)


def table(measured: Measured) -> str:
    """The runs, each closed one beside that of one Triton and gateway with as many pages in flight a Triton."""
    alone = {run.level: run.rate for run in measured.runs if (run.tritons, run.gateways, run.kind) == (1, 1, "closed")}
    rows = [row(run, alone.get(run.level / run.tritons)) for run in measured.runs]
    return "\n".join([f"| {' | '.join(_HEAD)} |", "|---" * len(_HEAD) + "|", *rows])


def row(run: Run, alone: float | None = None) -> str:
    """One run; `alone` are the pages a second of one Triton at the same load, by which efficiency is told."""
    load = f"{run.level:g} in flight" if run.kind == "closed" else f"{run.level:g} pages/s offered"
    efficiency = f"{run.rate / (run.tritons * alone):.2f}" if alone and run.kind == "closed" else ""
    failed = f"; failed: {run.failures}" if run.failures else ""
    return (
        f"| {run.tritons} | {run.gateways} | {load} | {run.rate:.2f} | {efficiency} | {run.p50:.2f} | {run.p95:.2f} "
        f"| {run.busy:.0%} | {run.cores:.2f} | {min(run.pages)}–{max(run.pages)}{failed} |"
    )
