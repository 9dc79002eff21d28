"""The table of cases, as printed and as in docs/parity.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from engines.weights.models import PAIRS, Version

START, END = "<!-- made by `make parity` -->\n", "<!-- end of what `make parity` makes -->"


@dataclass(frozen=True)
class Row:
    """A case: how many of its pages are equal, and what differs. A row without pages is a remark."""

    version: Version
    case: str
    pages: int
    equal: int
    differences: list[str] = field(default_factory=list)


def printed(row: Row) -> str:
    """The row as a line, with its differences below."""
    verdict = "DIFFERS" if row.differences else "equal"
    lines = [f"{row.version:<5} {row.case:<46} {row.equal:>3} of {row.pages:>2}  {verdict}"]
    if not row.pages:
        lines = [f"{row.version:<5} {row.case}"]
    return "\n".join([*lines, *(line for text in row.differences for line in ["", *_indented(text)])])


def with_table(document: str, rows: Sequence[Row]) -> str:
    """The document with its table rewritten."""
    head, rest = document.split(START)
    return head + START + "\n" + _table(rows) + "\n" + END + rest.split(END)[1]


def _table(rows: Sequence[Row]) -> str:
    """A line a case, a column a version: pages that are equal, of all."""
    counts: dict[str, dict[Version, str]] = {}
    for row in rows:
        if row.pages:
            counts.setdefault(row.case, {})[row.version] = f"{row.equal} of {row.pages}"
    lines = [f"| case | {' | '.join(PAIRS)} |", "|---|" + "---|" * len(PAIRS)]
    lines += [
        f"| {case} | {' | '.join(found.get(version, '') for version in PAIRS)} |" for case, found in counts.items()
    ]
    equal, pages = sum(row.equal for row in rows), sum(row.pages for row in rows)
    return "\n".join([*lines, "", f"equal: {equal} of {pages} pages"]) + "\n"


def _indented(text: str) -> list[str]:
    return [f"      {line}" for line in text.split("\n")]
