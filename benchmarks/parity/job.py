"""A run's order to a process of its own: which weights, and which cases with their files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.parity.cases import Case
from engines.weights.models import Version


@dataclass(frozen=True)
class Task:
    """A case as files: the paths of its pages, and everything else as in `cases.Case`."""

    name: str
    pages: list[str]
    options: dict[str, Any]
    official: dict[str, Any]
    documents: list[dict[str, Any]]
    given: int | None


@dataclass(frozen=True)
class Job:
    """A run: the version, MODEL_DIR, the device, and the tasks."""

    version: Version
    model_dir: str
    device: str
    tasks: list[Task]

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Job:
        """Read what `save` wrote."""
        values = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{**values, "tasks": [Task(**task) for task in values["tasks"]]})


def make_tasks(cases: Sequence[Case], folder: Path) -> list[Task]:
    """Write the pages of the cases into the folder, and name them."""
    return [
        Task(
            case.name,
            [_written(sheet.file_name, sheet.encoded, folder) for sheet in case.sheets],
            case.all_options,
            dict(case.official),
            [dict(options) for options in case.documents],
            case.given,
        )
        for case in cases
    ]


def _written(name: str, encoded: Any, folder: Path) -> str:
    path = folder / name
    if not path.exists():
        path.write_bytes(encoded())
    return str(path)
