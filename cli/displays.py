"""What a person sees of the run, on standard error: bars on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text
from typing_extensions import Self

from cli.printable import printable
from cli.summary import Outcome, Summary, lines
from ocr_client import Event, Opened, PageFailed, PageRead, Retrying

_NAME_WIDTH = 40
_MINUTES_FROM = 120
_HOURS_FROM = 2 * 3600
"""Seconds from which on a wait is told in the larger unit."""
_TROUBLES = frozenset({"failed", "incomplete"})


class Display(Protocol):
    """Hears how the run goes on."""

    def __enter__(self) -> Self:
        """Begin to show."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take away what moves."""

    def heard(self, document: str, event: Event) -> None:
        """The reading of a document goes on."""

    def finished(self, outcome: Outcome) -> None:
        """A document is finished with."""

    def step_aside(self) -> None:
        """Take away what moves, for good: something else writes to the terminal now."""

    def ended(self, summary: Summary) -> None:
        """The run is over."""


class Lines:
    """A line for each document that was tried, where no terminal is; only for those that failed where `quiet`."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def heard(self, document: str, event: Event) -> None:
        """Tells of waits alone."""
        if isinstance(event, Retrying) and not self._quiet:
            tell(f"waiting  {document}: {event.error.message}; again in {duration(event.seconds)}")

    def finished(self, outcome: Outcome) -> None:
        """A line or two."""
        told = _TROUBLES if self._quiet else {"done", *_TROUBLES}
        if outcome.state in told:
            for line in lines(outcome):
                tell(line)

    def step_aside(self) -> None:
        """Nothing moves."""

    def ended(self, summary: Summary) -> None:
        """The summary."""
        if not self._quiet:
            tell(summary.line())


class Bars:
    """A bar for all documents and one for each that is being read; lines for those that failed."""

    def __init__(self, documents: int) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[unit]}", markup=False),
            TimeElapsedColumn(),
            console=Console(stderr=True, highlight=False),
            transient=True,
        )
        self._all = self._progress.add_task("all", total=documents, unit="documents")
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.step_aside()

    def heard(self, document: str, event: Event) -> None:
        """Moves the document's bar."""
        task = self._tasks.get(document)
        if task is None:
            task = self._progress.add_task(_short(document), total=None, unit="pages")
            self._tasks[document] = task
        if isinstance(event, Opened):
            self._progress.reset(task, total=len(event.pages), description=_short(document))
        elif isinstance(event, (PageRead, PageFailed)):
            self._progress.advance(task)
        elif isinstance(event, Retrying):
            self._progress.update(task, description=f"{_short(document)} (again in {duration(event.seconds)})")

    def finished(self, outcome: Outcome) -> None:
        """Takes the document's bar away."""
        task = self._tasks.pop(outcome.document, None)
        if task is not None:
            self._progress.remove_task(task)
        self._progress.advance(self._all)
        if outcome.state in _TROUBLES:
            for line in lines(outcome):
                self._progress.console.print(Text(printable(line)))

    def step_aside(self) -> None:
        """Takes the bars away."""
        if self._progress.live.is_started:
            self._progress.stop()

    def ended(self, summary: Summary) -> None:
        """The summary."""
        tell(summary.line())


def tell(line: str) -> None:
    """Write a line to standard error, whatever is in it."""
    sys.stderr.write(f"{printable(line)}\n")
    sys.stderr.flush()


def duration(seconds: float) -> str:
    """A wait as people say it: `8.2 s`, `36 min`, `2.5 h`."""
    if seconds < _MINUTES_FROM:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < _HOURS_FROM else f"{seconds / 3600:.1f} h"


def _short(document: str) -> str:
    text = printable(document)
    return text if len(text) <= _NAME_WIDTH else f"…{text[1 - _NAME_WIDTH :]}"
