"""Bounds on the tables that PaddleX joins over page breaks: it notes down every cell that they say they cover."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from bs4 import BeautifulSoup

from engines.errors import InvalidInput

_MOST_SPANNED = 1000
"""Rows or columns that a cell may span; HTML's own limit for columns."""
_MOST_CELLS = 2_000_000
"""Cells that a joined table may cover; PaddleX takes some 100 bytes for each."""
_MOST_CHARACTERS = 2 * 1024 * 1024
"""HTML of a joined table, some 200 dense pages of it; PaddleX parses it anew for each page."""
_FEW_CELLS = 10_000
"""A table that covers no more even by a careless count is not parsed for it."""
_DEEPEST = 50
"""Rows in rows; PaddleX counts the cells of each anew in all rows round it, and writes none itself."""
_MOST_UNCLOSED = 1000
"""Tags that never end; html.parser looks for the end of each through the whole rest."""
_ROW = re.compile(r"<(/?)tr\b", re.IGNORECASE)
_UNCLOSED = re.compile(r"<[^<>]*(?=<|\Z)")
_PLAIN_SPAN = re.compile(r'(?:col|row)span="([1-9][0-9]{0,2}|1000)"')


@dataclass(frozen=True)
class _Size:
    characters: int = 0
    cells: int = 0

    def __add__(self, other: _Size) -> _Size:
        return _Size(self.characters + other.characters, self.cells + other.cells)


def bounded(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The results of a document's pages, what cells of tables span read as HTML says: 1 to 1000, and nonsense as 1.

    Raises InvalidInput where tables that may be joined are too large together, and whatever a page that is no
    `prunedResult` leads to.
    """
    pages, sizes = [], []
    for result in results:
        blocks, of_page = [], []
        for block in result.get("parsing_res_list", []):
            if block["block_label"] != "table":
                blocks.append(block)
                continue
            _check_markup(block["block_content"])
            table, size = _bounded(block["block_content"])
            blocks.append({**block, "block_content": table})
            of_page.append(size)
        pages.append({**result, "parsing_res_list": blocks})
        sizes.append(of_page)
    _check(sizes)
    return pages


def _check_markup(table: str) -> None:
    """Raise InvalidInput where parsing a table, or finding its cells, would take for ever."""
    if len(table) > _MOST_CHARACTERS:
        raise _too_large()
    depth = 0
    for row in _ROW.finditer(table):
        depth = max(0, depth - 1) if row[1] else depth + 1
        if depth > _DEEPEST:
            raise InvalidInput(f"PAGES holds a table with over {_DEEPEST} rows one in another: its rows must be closed")
    if sum(1 for _ in _UNCLOSED.finditer(table)) > _MOST_UNCLOSED:
        raise InvalidInput(f"PAGES holds a table with over {_MOST_UNCLOSED} tags that do not end")


def _check(pages: list[list[_Size]]) -> None:
    """Raise InvalidInput where too much may come together: each page's last table with the next page's first."""
    following = _Size()
    for tables in reversed(pages):
        if not tables:
            following = _Size()
            continue
        joined = tables[-1] + following
        if joined.characters > _MOST_CHARACTERS or joined.cells > _MOST_CELLS:
            raise _too_large()
        following = joined if len(tables) == 1 else tables[0]


def _bounded(table: str) -> tuple[str, _Size]:
    """A table with spans that are whole numbers in their range, and how large it is."""
    spans = [int(span) for span in _PLAIN_SPAN.findall(table)]
    cells = table.count("<") + sum(spans) * max(spans, default=0)
    if len(spans) == table.lower().count("span") and cells <= _FEW_CELLS:
        return table, _Size(len(table), cells)
    # By the parser that PaddleX reads it with, so that both see the same cells.
    soup = BeautifulSoup(table, "html.parser")
    cells, changed = 0, False
    for cell in soup.find_all(["td", "th"]):
        covered = 1
        for name in ("rowspan", "colspan"):
            told = cell.get(name, "1")
            span = _span(str(told))
            if str(span) != told:
                cell[name] = str(span)
                changed = True
            covered *= span
        cells += covered
    table = str(soup) if changed else table
    return table, _Size(len(table), cells)


def _too_large() -> InvalidInput:
    return InvalidInput(
        f"PAGES holds tables that, joined over page breaks, have over {_MOST_CHARACTERS} characters or cover over "
        f"{_MOST_CELLS} cells: send fewer pages, or mergeTables off"
    )


def _span(told: str) -> int:
    # Longer numbers are out of range, and Python refuses to read the longest.
    if not (told.isascii() and told.isdecimal()):
        return 1
    return max(1, min(int(told[:20]), _MOST_SPANNED))
