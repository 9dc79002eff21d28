"""Tables as the engines write them, HTML, read into cells and written as Markdown."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_MOST_SPANNED = 1000
"""Rows or columns that a cell may span; HTML's own limit for columns."""


@dataclass
class _Cell:
    rows: int
    columns: int
    text: list[str] = field(default_factory=list)


class _Rows(HTMLParser):
    """Collects the cells of a table; what is inside of cells stays as it is, but for line breaks."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.rows: list[list[_Cell]] = []
        self._cell: _Cell | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A row or a cell begins, or something inside of a cell."""
        if tag == "tr":
            self.rows.append([])
            self._cell = None
        elif tag in ("td", "th"):
            spans = dict(attrs)
            self._cell = _Cell(_span(spans.get("rowspan")), _span(spans.get("colspan")))
            if not self.rows:
                self.rows.append([])
            self.rows[-1].append(self._cell)
        elif self._cell is not None:
            self._cell.text.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        """A cell ends, or something inside of one."""
        if tag in ("td", "th", "tr"):
            self._cell = None
        elif self._cell is not None:
            self._cell.text.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Text of a cell."""
        if self._cell is not None:
            self._cell.text.append(data)

    def handle_entityref(self, name: str) -> None:
        """A character by its name."""
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        """A character by its number."""
        self.handle_data(f"&#{name};")


def cells(table: str) -> list[list[str]]:
    """The cells of an HTML table by row, all rows of one length.

    A cell that spans several rows or columns stands in the first of them, and empty ones fill the others.
    """
    parser = _Rows()
    parser.feed(table)
    parser.close()
    grid: list[dict[int, str]] = [{} for _ in parser.rows]
    for number, row in enumerate(parser.rows):
        column = 0
        for cell in row:
            while column in grid[number]:
                column += 1
            for covered in grid[number : number + cell.rows]:
                covered.update(dict.fromkeys(range(column, column + cell.columns), ""))
            grid[number][column] = " ".join("".join(cell.text).split())
    width = max((max(row, default=-1) + 1 for row in grid), default=0)
    return [[row.get(column, "") for column in range(width)] for row in grid]


def as_markdown(table: str) -> str:
    """An HTML table as a Markdown one, its first row the head."""
    rows = [[cell.replace("|", "\\|") for cell in row] for row in cells(table)]
    if not rows:
        return ""
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([head, f"|{' --- |' * len(rows[0])}", *body])


def _span(value: str | None) -> int:
    return min(int(value), _MOST_SPANNED) if value and value.isdecimal() and int(value) > 0 else 1
