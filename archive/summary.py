"""What became of a run."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from archive.finishing import Finished
from archive.inventory import Survey
from archive.reading import Stop, Told
from archive.runs import Effort
from cli.summary import Exit

_EXITS: dict[Stop, Exit] = {
    "no_server": Exit.UNREACHABLE,
    "refused": Exit.REFUSED,
    "source": Exit.USAGE,
    "output": Exit.USAGE,
}


@dataclass
class Summary:
    """Counts of one run; `earlier` is what runs before it took, `failures_left` whether the output tells of any.

    `failures_ok`: they are no reason for another exit code.
    """

    survey: Survey
    price: float | None
    failures_ok: bool = False
    earlier: Effort = field(default_factory=Effort)
    effort: Effort = field(default_factory=Effort)
    documents: int = 0
    pages: int = 0
    pages_kept: int = 0
    failures: int = 0
    requests: int = 0
    sent_again: int = 0
    shards: int = 0
    by_server: dict[str, int] = field(default_factory=dict)
    failures_left: bool = False
    shares: dict[int, float] = field(default_factory=dict)
    ended: Exit | None = None
    why: str | None = None

    def told(self, told: Told) -> None:
        """A unit came to an end."""
        if told.stop is not None:
            self.ended, self.why = _EXITS[told.stop], told.message
            return
        self.failures += told.failures
        self.shares[told.shard] = self.shares.get(told.shard, 0.0) + told.share
        if told.kept:
            self.pages_kept += told.pages
            return
        self.pages += told.pages
        self.requests += told.sent
        if told.server is not None:
            self.by_server[told.server] = self.by_server.get(told.server, 0) + told.pages

    def finished(self, shard: Finished) -> None:
        """A shard is put together."""
        self.shards += 1
        self.shares.pop(shard.shard, None)
        self.documents += shard.documents
        self.sent_again += shard.sent_again

    @property
    def documents_told(self) -> float:
        """Documents that are done, those of shards that are not by their shares; another thread may ask."""
        return self.documents + sum(tuple(self.shares.values()))

    @property
    def exit_code(self) -> Exit:
        """What the process ends with."""
        if self.ended is not None:
            return self.ended
        some_failed = self.failures_left and not self.failures_ok
        return Exit.SOME_FAILED if some_failed or self.documents < self.survey.documents_todo else Exit.DONE

    @property
    def cost(self) -> float | None:
        """Of all runs, in the currency of the price."""
        return None if self.price is None else self.price * self._all.server_hours

    @property
    def cost_of_1000_pages(self) -> float | None:
        """On average so far."""
        return None if self.cost is None or not self._all.pages else 1000 * self.cost / self._all.pages

    def line(self) -> str:
        """The run in one line."""
        untold = self.survey.documents - self.survey.documents_todo
        told = [
            f"{self.documents} of {self.survey.documents_todo} documents",
            f"{self.pages} pages in {self.effort.seconds:.1f} s{self._rate}",
            *([f"{self.pages_kept} pages taken over from an earlier run"] if self.pages_kept else []),
            *([f"{untold} documents done earlier"] if untold else []),
            f"{self.failures} failures",
            f"{self.sent_again} pages sent again",
            *([self.cost_line()] if self.cost is not None else []),
        ]
        why = f"stopped, {self.why}: " if self.why else ""
        return why + "; ".join(told)

    def cost_line(self) -> str:
        """The cost so far; empty where no price is known."""
        if self.cost is None:
            return ""
        each = "" if self.cost_of_1000_pages is None else f" ({self.cost_of_1000_pages:.2f} for 1,000 pages)"
        return f"cost {self.cost:.2f}{each}"

    def write_json(self, path: Path) -> None:
        """The same for programs. Raises OSError."""
        told = {
            "exit_code": int(self.exit_code),
            "documents": self.survey.documents,
            "documents_new": self.survey.new,
            "documents_changed": self.survey.changed,
            "documents_todo": self.survey.documents_todo,
            "documents_done": self.documents,
            "pages": self.pages,
            "pages_kept": self.pages_kept,
            "failures": self.failures,
            "requests": self.requests,
            "pages_sent_again": self.sent_again,
            "pages_by_server": self.by_server,
            "seconds": round(self.effort.seconds, 3),
            "pages_per_second": round(self.pages / self.effort.seconds, 3) if self.effort.seconds else None,
            "server_hours": round(self._all.server_hours, 6),
            "cost": self.cost,
            "cost_of_1000_pages": self.cost_of_1000_pages,
            "stopped": self.why,
        }
        path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")

    @property
    def _all(self) -> Effort:
        return self.earlier.plus(self.effort)

    @property
    def _rate(self) -> str:
        return f" ({self.pages / self.effort.seconds:.2f} pages/s)" if self.pages and self.effort.seconds else ""
