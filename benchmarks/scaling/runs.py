"""What a run measured, and the file that keeps runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from benchmarks.simulation.stages import Stages

Kind = Literal["closed", "open"]


class Run(BaseModel):
    """One load on one fleet. Times are seconds, rates pages a second."""

    model_config = ConfigDict(frozen=True)

    tritons: int
    gateways: int
    kind: Kind
    level: float
    """Pages in flight (closed) or offered pages a second (open), over all Tritons."""
    seconds: float
    warm_up: float = 6.0
    """Seconds of the same load before."""
    rate: float
    p50: float
    p95: float
    p99: float
    cores: float
    """CPU seconds a second of the product and of its clients."""
    busy: float
    """Part of the time in which the Tritons' devices worked, on average over them."""
    pages: list[int]
    """How many pages each Triton read."""
    layout_batch: float
    """Mean pages of a layout batch."""
    failures: dict[str, int]


class Measured(BaseModel):
    """Everything that was measured: the times of the stages at one Triton, and runs."""

    stages: Stages | None = None
    runs: list[Run] = []

    def add(self, run: Run) -> None:
        """Keep a run in place of an older one of the same load."""
        key = (run.tritons, run.gateways, run.kind, run.level)
        self.runs = [old for old in self.runs if (old.tritons, old.gateways, old.kind, old.level) != key]
        self.runs.append(run)

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(self.model_dump_json(indent=1) + "\n")


def read_measured(path: Path) -> Measured:
    """What a file keeps; nothing where there is none yet. Raises ValueError where it is of another kind."""
    if not path.exists():
        return Measured()
    return Measured.model_validate(json.loads(path.read_text()))
