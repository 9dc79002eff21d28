"""Predicted against measured: what the simulation says of fleets, fed by what was measured at one Triton."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.scaling.runs import Run
from benchmarks.simulation.fleet import Load, Predicted, Setup, simulate
from benchmarks.simulation.stages import Stages

_DRAWS = 20


@dataclass(frozen=True)
class Compared:
    """A measured run and what is predicted for it."""

    run: Run
    predicted: Predicted

    @property
    def errors(self) -> dict[str, float]:
        """Relative errors of pages a second, p50 and p95: predicted less measured, as a part of the measured."""
        run, predicted = self.run, self.predicted
        pairs = {
            "pages/s": (predicted.rate, run.rate),
            "p50": (predicted.p50, run.p50),
            "p95": (predicted.p95, run.p95),
        }
        return {name: (ours - theirs) / theirs for name, (ours, theirs) in pairs.items()}


def compare(stages: Stages, runs: Sequence[Run]) -> list[Compared]:
    """Predict each run: as long as it was measured, for the same comings of pages, over several draws of the rest."""
    return [Compared(run, _predict(stages, run)) for run in runs]


def _predict(stages: Stages, run: Run) -> Predicted:
    load = Load(in_flight=round(run.level)) if run.kind == "closed" else Load(rate=run.level)
    setup = Setup(
        stages,
        machines=run.tritons,
        load=load,
        gateways=run.gateways,
        seconds=run.seconds,
        warm_up=run.warm_up,
        arrivals=run.level,
    )
    found = [simulate(replace(setup, seed=seed)) for seed in range(_DRAWS)]
    means = {name: statistics.mean(getattr(one, name) for one in found) for name in ("rate", "p50", "p95", "p99")}
    return replace(found[0], **means)


def comparison_table(compared: Sequence[Compared]) -> str:
    """Measured, predicted and the error of each run, and of all the mean and the largest error."""
    lines = [
        "| Tritons | load | pages/s | predicted | error | p50, s | predicted | error | p95, s | predicted | error |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for one in compared:
        run, predicted, errors = one.run, one.predicted, one.errors
        load = f"{run.level:g} in flight" if run.kind == "closed" else f"{run.level:g} pages/s offered"
        lines.append(
            f"| {run.tritons} | {load} | {run.rate:.2f} | {predicted.rate:.2f} | {errors['pages/s']:+.1%} "
            f"| {run.p50:.2f} | {predicted.p50:.2f} | {errors['p50']:+.1%} "
            f"| {run.p95:.2f} | {predicted.p95:.2f} | {errors['p95']:+.1%} |"
        )
    lines.append("")
    for name in ("pages/s", "p50", "p95"):
        sizes = [abs(one.errors[name]) for one in compared]
        lines.append(f"{name}: error {statistics.mean(sizes):.1%} on average, {max(sizes):.1%} at most")
    return "\n".join(lines)
