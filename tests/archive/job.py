"""The command as a process, and what it has written."""

from __future__ import annotations

import collections
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from archive.layout import DONE, FAILURES, UNITS
from archive.stores import Store, joined
from tests.conftest import ROOT
from tests.waiting import until

Rows = list[dict[str, Any]]


class Job:
    """`ocr archive` with these arguments; what it says is in `log`, its summary in `summary`."""

    def __init__(self, folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / "log"
        self._summary = folder / "summary.json"
        self._summary.unlink(missing_ok=True)
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cli", "archive", *arguments, "--summary-json", str(self._summary)],
                cwd=ROOT,
                env={**os.environ, **(environment or {})},
                stdout=log,
                stderr=log,
            )

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def summary(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self._summary.read_text())
        return read

    def ended(self, seconds: float = 120) -> int:
        """The exit code, once it has ended by itself."""
        until(lambda: self.process.poll() is not None, seconds, told=lambda: self.log)
        return int(self.process.returncode)

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()

    def until(self, look: Callable[[], Any]) -> None:
        """Waits for what comes true while the job still runs."""

        def seen() -> Any:
            assert self.process.poll() is None, f"the job ended before:\n{self.log}"
            return look()

        until(seen, 120, told=lambda: self.log)


def checkpoints(output: Store) -> int:
    """Units that have been read, of shards that are not done."""
    return sum(item.key.endswith(".json") for item in output.list(UNITS))


def shards_done(output: Store) -> int:
    return sum(1 for _ in output.list(DONE))


def rows(output: Store) -> Rows:
    """All pages."""
    parts = [pq.read_table(io.BytesIO(output.read(item.key))) for item in output.list("pages/")]
    return [row for part in parts for row in part.to_pylist()]


def failures(output: Store) -> Rows:
    """All failures."""
    return [json.loads(line) for item in output.list(FAILURES) for line in output.read(item.key).splitlines()]


def pages(found: Rows, source: str) -> collections.Counter[tuple[str, int]]:
    """How often each page stands in `found`, by the key of its document."""
    prefix = joined(source, "")
    return collections.Counter((row["document"].removeprefix(prefix), row["page"]) for row in found)
