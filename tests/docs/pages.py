"""The documents, and what stands in them: blocks of commands, headings and links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

ENGLISH = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
RUSSIAN = [ROOT / "README.ru.md", *sorted((ROOT / "docs/ru").glob("*.md"))]

COMMANDS = ("bash", "python")
"""The languages of blocks that a reader would run."""

_FENCE = re.compile(
    r"(?:^<!-- not run by the tests: (?P<why>[^>]+) -->\n)?^```(?P<language>\S*)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_LINK = re.compile(r"\]\((?!https?:)([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A block between fences; `why` is the reason for which its commands are not run, if they are not."""

    language: str
    text: str
    why: str | None


def blocks(page: Path) -> list[Block]:
    """All blocks of a page, in order."""
    found = _FENCE.finditer(page.read_text(encoding="utf-8"))
    return [Block(match["language"], match["text"], match["why"]) for match in found]


def links(page: Path) -> list[str]:
    """Where a page leads, but for the web."""
    return _LINK.findall(_prose(page))


def anchors(page: Path) -> set[str]:
    """The names by which the headings of a page can be linked to, as GitHub makes them."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(_prose(page))}


def rows(page: Path, heading: str) -> list[list[str]]:
    """The cells of all table rows below a heading, down to the next one of its level or above."""
    text = page.read_text(encoding="utf-8")
    level = heading.partition(" ")[0]
    section = re.split(rf"^#{{1,{len(level)}}} ", text.split(f"{heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    lines = (line for line in section.splitlines() if line.startswith("| ") and not line.startswith("|---"))
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def _prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text(encoding="utf-8"))
