"""One run: the weights are made, both sides read the cases at the same time, and the answers are compared."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from benchmarks.parity.answers import CaseAnswer, difference, load
from benchmarks.parity.cases import MANNERS, Case, Kind, cases_of
from benchmarks.parity.job import Job, make_tasks
from benchmarks.parity.served import Served, serve_all
from benchmarks.parity.table import Row
from engines.weights.models import Version
from scripts.made_weights import make_weights

_WORKER_SECONDS = 1200
_LOG_SHOWN = 3000


def run(version: Version, kind: Kind, words: str, device: str, folder: Path) -> Iterator[Row]:
    """Yield a row for each case of the version whose name holds the words.

    Raises:
        RuntimeError: the official pipeline failed; the message holds the end of what it printed.
    """
    cases = [case for case in cases_of(version, kind) if words in case.name]
    if not cases:
        return
    weights = make_weights(folder / "weights", version, with_preprocessing=True, manners=MANNERS[kind])
    job = Job(version, str(weights), device, make_tasks(cases, folder))
    official, served = _both(job, folder)
    ours = {**load(folder / "assembled.json"), **served.answers}
    for title, group in groupby(cases, lambda case: case.title):
        rows = [compared(version, case, official[case.name], ours[case.name]) for case in group]
        yield _together(title, rows)
    if not words:
        yield _batching(version, kind, served)


def _both(job: Job, folder: Path) -> tuple[Mapping[str, CaseAnswer], Served]:
    order, log = folder / "job.json", folder / "worker.log"
    job.save(order)
    command = [sys.executable, "-m", "benchmarks.parity.worker", str(order), str(folder)]
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) as worker:
        try:
            served = serve_all(job)
            status = worker.wait(_WORKER_SECONDS)
        finally:
            worker.kill()
    if status:
        raise RuntimeError(f"the official pipeline failed:\n{log.read_text(errors='replace')[-_LOG_SHOWN:]}")
    return load(folder / "official.json"), served


def compared(version: Version, case: Case, official: CaseAnswer, ours: CaseAnswer) -> Row:
    """The row of a case from both answers."""
    theirs, mine = official.all_pages, ours.all_pages
    differences = []
    if len(theirs) != len(mine):
        differences.append(f"official gives {len(theirs)} pages, here are {len(mine)}")
    found = [difference(one, other) for one, other in zip(theirs, mine, strict=False)]
    differences += [f"page {place}: {text}" for place, text in enumerate(found) if text]
    if case.looping and not any("repetition" in note for note in ours.notes):
        differences.append("no text of this case was left early for its repetitions: it shows nothing")
    return Row(version, case.name, len(theirs), sum(text is None for text in found), differences)


def _together(title: str, rows: Sequence[Row]) -> Row:
    """One row for several; each difference tells which of them it is of."""
    pages, equal = sum(row.pages for row in rows), sum(row.equal for row in rows)
    differences = [text if len(rows) == 1 else f"{row.case}, {text}" for row in rows for text in row.differences]
    return Row(rows[0].version, title, pages, equal, differences)


def _batching(version: Version, kind: Kind, served: Served) -> Row:
    """Whether the pages were really read together; a row without pages."""
    rows = f"{served.layout_pages:.1f} pages a layout batch, {served.decode_rows:.1f} rows a decode step"
    alone = served.decode_rows <= 1 or (kind == "plain" and served.layout_pages <= 1)
    return Row(version, f"[{kind} weights: {rows}]", 0, 0, ["pages did not share batches: nothing is shown"] * alone)
