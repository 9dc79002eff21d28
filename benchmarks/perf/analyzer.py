"""perf_analyzer, NVIDIA's load generator for Triton: one run a level."""

from __future__ import annotations

import csv
import itertools
import json
import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.perf.arrivals import poisson
from benchmarks.perf.inputs import Request
from benchmarks.perf.levels import Level

PROGRAM = Path(".triton/perf/perf_analyzer")
_WINDOWS = 3
"""It takes at least three windows."""
_LONGEST_WINDOW = 300_000
"""Milliseconds."""
_EMPTY = "No valid requests recorded"
"""What it says when it ends because a window had no answer."""
_REFUSED = "[overloaded]"
"""What our models say past OCR_MAX_IN_FLIGHT."""
_DELAYED = re.compile(r"([\d.]+)% of the requests were delayed")


class AnalyzerFailed(Exception):
    """perf_analyzer ended without figures; what it printed last."""


class TurnedAway(AnalyzerFailed):
    """The server refused a request, which perf_analyzer can't count: it ends there."""


@dataclass(frozen=True)
class Analyzer:
    """Sends `requests` to one model of the Triton at `address`, from the first again where more are needed."""

    model: str
    unit: str
    address: str
    folder: Path
    requests: Sequence[Request]

    def __post_init__(self) -> None:
        self._data.write_text(json.dumps({"data": self.requests}), encoding="utf-8")

    @property
    def name(self) -> str:
        """The model's."""
        return self.model

    @property
    def distinct(self) -> int:
        """How many different requests there are."""
        return len(self.requests)

    def closed(self, concurrency: int, seconds: float) -> Level:
        """`concurrency` requests in flight for so many seconds, or longer until some are answered.

        Raises AnalyzerFailed.
        """
        # Windows that differ are no failure: pages differ.
        mode = ["--concurrency-range", str(concurrency), "--max-trials", str(_WINDOWS), "--stability-percentage", "999"]
        window = round(1000 * seconds / _WINDOWS)
        while True:
            try:
                return self._run([*mode, "--measurement-interval", str(window)], concurrency)
            except AnalyzerFailed as error:
                if _EMPTY not in str(error) or window > _LONGEST_WINDOW:
                    raise
                window *= 2

    def open(self, rate: float, count: int) -> Level:
        """`count` requests, `rate` a second, whatever the answers do. Raises AnalyzerFailed, TurnedAway among them.

        The times are our own: the Poisson process of `--request-rate-range` has a fixed seed, whose first 22 gaps are
        1.6 times as long as they should be, at every rate.
        """
        due = poisson(rate, count)
        gaps = [after - before for before, after in itertools.pairwise([0.0, *due])]
        times = self.folder / "gaps.txt"
        times.write_text("".join(f"{max(1, round(1e6 * gap))}\n" for gap in gaps), encoding="utf-8")
        # One thread that waits for no answer.
        mode = ["--async", "--max-threads", "1", "--request-intervals", str(times), "--request-count", str(count)]
        return self._run(mode, rate)

    @property
    def _data(self) -> Path:
        return self.folder / f"{self.model}.json"

    def _run(self, mode: Sequence[str], load: float) -> Level:
        report = self.folder / "report.csv"
        report.unlink(missing_ok=True)
        # What its own libraries need lies beside it.
        environment = {**os.environ, "LD_LIBRARY_PATH": str(PROGRAM.with_name("lib").resolve())}
        command = [str(PROGRAM), "-m", self.model, "-u", self.address, "-i", "http", "--input-data", str(self._data)]
        command += [*mode, "--percentile", "95", "-f", str(report)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        told = done.stdout + done.stderr
        if done.returncode or not report.exists():
            raise (TurnedAway if _REFUSED in told else AnalyzerFailed)(told[-2000:])
        return parse(report.read_text(encoding="utf-8"), told, load)


def parse(report: str, told: str, load: float) -> Level:
    """The one line of a report, in CSV with latencies in microseconds; `told` is what was printed meanwhile."""
    [row] = csv.DictReader(report.splitlines())
    delayed = _DELAYED.search(told)
    return Level(
        load=load,
        answered=float(row["Inferences/Second"]),
        late=float(delayed[1]) / 100 if delayed else 0.0,
        p50=float(row["p50 latency"]) / 1000,
        p90=float(row["p90 latency"]) / 1000,
        p95=float(row["p95 latency"]) / 1000,
        p99=float(row["p99 latency"]) / 1000,
    )
