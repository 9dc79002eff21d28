"""What became of the documents, and the exit code that says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Literal

State = Literal["done", "incomplete", "skipped", "failed"]


class Exit(IntEnum):
    """The exit codes of the command."""

    DONE = 0
    SOME_FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    REFUSED = 4
    INTERRUPTED = 130
    TERMINATED = 143


_WHY = {
    Exit.UNREACHABLE: "stopped, the server can't be reached",
    Exit.REFUSED: "stopped, the server refuses the API key (OCR_API_KEY)",
    Exit.INTERRUPTED: "interrupted",
    Exit.TERMINATED: "terminated",
}


@dataclass(frozen=True)
class Outcome:
    """What became of one document: `incomplete` is written with pages left out, `skipped` was done before.

    `reason` says why not, `code` is the API's where it has one; `output` is the path of the results without suffixes.
    """

    document: str
    state: State
    output: str | None = None
    pages: int = 0
    seconds: float = 0.0
    warnings: int = 0
    reason: str | None = None
    code: str | None = None


@dataclass
class Summary:
    """The whole run: `ended` is why it stopped before all documents were tried."""

    documents: int
    outcomes: list[Outcome] = field(default_factory=list)
    seconds: float = 0.0
    ended: Exit | None = None

    def count(self, state: State) -> int:
        """Documents that became this."""
        return sum(outcome.state == state for outcome in self.outcomes)

    @property
    def untried(self) -> int:
        """Documents that nothing became of: the run stopped before or while they were read."""
        return self.documents - len(self.outcomes)

    @property
    def pages(self) -> int:
        """Pages that were read."""
        return sum(outcome.pages for outcome in self.outcomes)

    @property
    def exit_code(self) -> Exit:
        """What the process ends with."""
        if self.ended is not None:
            return self.ended
        return Exit.SOME_FAILED if self.count("failed") or self.count("incomplete") else Exit.DONE

    def line(self) -> str:
        """The run in one line."""
        counts = {
            "done": self.count("done"),
            "incomplete": self.count("incomplete"),
            "skipped": self.count("skipped"),
            "failed": self.count("failed"),
            "not tried": self.untried,
        }
        told = ", ".join(f"{count} {name}" for name, count in counts.items() if count or name == "done")
        why = f"{_WHY[self.ended]}: " if self.ended is not None else ""
        return (
            f"{why}{told}; {self.pages} {'page' if self.pages == 1 else 'pages'} in {self.seconds:.1f} s{self._rate()}"
        )

    def write_json(self, path: Path) -> None:
        """The run with every document. Raises OSError."""
        told = {
            "exit_code": int(self.exit_code),
            **{state: self.count(state) for state in ("done", "incomplete", "skipped", "failed")},
            "not_tried": self.untried,
            "pages": self.pages,
            "seconds": round(self.seconds, 3),
            "pages_per_second": round(self.pages / self.seconds, 3) if self.seconds else None,
            "documents": [asdict(outcome) for outcome in self.outcomes],
        }
        path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")

    def _rate(self) -> str:
        return f" ({self.pages / self.seconds:.2f} pages/s)" if self.pages and self.seconds else ""


def lines(outcome: Outcome) -> Iterator[str]:
    """An outcome as people read it."""
    if outcome.state in ("done", "incomplete"):
        pages = "1 page" if outcome.pages == 1 else f"{outcome.pages} pages"
        warned = f", {outcome.warnings} warning{'s' * (outcome.warnings > 1)}" * bool(outcome.warnings)
        yield f"{outcome.state:<8} {outcome.document}: {pages}, {outcome.seconds:.1f} s{warned}"
    else:
        yield f"{outcome.state:<8} {outcome.document}" + (f": {outcome.reason}" if outcome.reason else "")
    if outcome.state == "incomplete":
        yield f"         {outcome.reason}"
