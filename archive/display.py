"""What a person sees of the run, on standard error: a line that changes on a terminal, one now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.text import Text
from typing_extensions import Self

from archive.reading import Told
from archive.summary import Summary
from cli.displays import tell
from cli.printable import printable

_SECONDS = 10.0
"""Between two lines where no terminal is."""


class Display:
    """Shows progress and cost, and every request that failed."""

    def __init__(self, summary: Summary, *, quiet: bool) -> None:
        self._summary = summary
        self._quiet = quiet
        self._told_at = time.monotonic()
        self._live: Live | None = None
        if not quiet and sys.stderr.isatty():
            self._live = Live(console=Console(stderr=True), get_renderable=self._text, refresh_per_second=2)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def told(self, told: Told) -> None:
        """A unit came to an end."""
        if told.failures and not told.kept:
            self._line(f"failed   {told.document}: {told.message}" + (" …" if told.failures > 1 else ""))
        if self._live is None and not self._quiet and time.monotonic() - self._told_at >= _SECONDS:
            self._told_at = time.monotonic()
            tell(progress(self._summary))

    def _line(self, line: str) -> None:
        if self._live is not None:
            self._live.console.print(Text(printable(line)))
        else:
            tell(line)

    def _text(self) -> Text:
        return Text(progress(self._summary))


def progress(summary: Summary) -> str:
    """How far the run is, how fast, until when, and at what cost."""
    seconds = summary.effort.seconds
    done, todo = summary.documents_told, summary.survey.documents_todo
    parts = [f"{int(done)}/{todo} documents", f"{summary.pages} pages"]
    if summary.pages and seconds:
        parts.append(f"{summary.pages / seconds:.2f} pages/s")
    if done and seconds:
        parts.append(f"about {_duration((todo - done) * seconds / done)} left")
    if summary.failures:
        parts.append(f"{summary.failures} failures")
    if summary.cost is not None:
        parts.append(summary.cost_line())
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
