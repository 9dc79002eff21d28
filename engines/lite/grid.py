"""Tables from the places of their lines alone: rows from heights, columns from the white between them."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np

from engines.lite.lines import Line, Row, bounds_of, rows_of, usual_height

FEW = 0.12
"""A column gap is crossed by at most this share of the rows that hold several lines: headings span columns."""
NARROW = 0.25
"""White narrower than this many line heights does not part columns."""

Span = tuple[float, float]


def grid_html(lines: Sequence[Line], texts: Sequence[str]) -> str:
    """The lines as an HTML table without spans; each line stands in the column that it shares most with."""
    rows = rows_of(lines)
    columns = _columns(rows, NARROW * usual_height(lines))
    text_of = {id(line): text for line, text in zip(lines, texts, strict=True)}
    out = ["<table>"]
    for row in rows:
        cells = [""] * len(columns)
        for line in row:
            at = max(range(len(columns)), key=lambda column: _shared(line, columns[column]))
            cells[at] = f"{cells[at]} {text_of[id(line)]}".strip()
        out.append("<tr>" + "".join(f"<td>{html.escape(cell, quote=False)}</td>" for cell in cells) + "</tr>")
    return "".join([*out, "</table>"])


def _columns(rows: Sequence[Row], narrow: float) -> list[Span]:
    """The columns as spans of x: where enough of the rows have text."""
    several = [row for row in rows if len(row) > 1] or list(rows)
    around = bounds_of(line for row in several for line in row)
    cover = np.zeros(int(around.width) + 2, int)
    for row in several:
        for line in row:
            cover[int(line.rect.x0 - around.x0) : int(line.rect.x1 - around.x0) + 1] += 1
    inked = np.concatenate([[False], cover > FEW * len(several), [False]])
    edges = np.flatnonzero(np.diff(inked.astype(np.int8))) + around.x0
    columns: list[Span] = []
    for start, stop in edges.reshape(-1, 2).tolist():
        if columns and start - columns[-1][1] < narrow:
            columns[-1] = (columns[-1][0], stop)
        else:
            columns.append((start, stop))
    return columns or [(around.x0, around.x1)]


def _shared(line: Line, column: Span) -> float:
    """The pixels that a line shares with a column; negative, the distance, where it shares none."""
    return min(line.rect.x1, column[1]) - max(line.rect.x0, column[0])
