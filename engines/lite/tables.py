"""Tables as HTML: the cells of the structure model filled with the lines read, or a grid where they don't fit."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engines.lite.grid import grid_html
from engines.lite.lines import Line, rows_of
from engines.lite.paragraphs import join
from engines.lite.rects import Rect
from engines.lite.table_structure import Structure

MATCHED = 0.9
"""Where fewer of the lines than this lie in a cell, the structure is not that of the table."""


def table_html(structure: Structure, lines: Sequence[Line], texts: Sequence[str]) -> str:
    """The table `structure` with the lines in its cells, or a grid of the lines where too few fit."""
    if not lines:
        return _fill(structure, [""] * len(structure.cells))
    cell_of = _match(lines, structure.cells)
    if not structure.cells or (cell_of >= 0).mean() < MATCHED or _loses_lines_above(structure, lines):
        return grid_html(lines, texts)
    _place_rest(cell_of, lines, structure.cells)
    contents = []
    for cell in range(len(structure.cells)):
        inside = {id(line): text for line, text, at in zip(lines, texts, cell_of, strict=True) if at == cell}
        rows = rows_of(line for line in lines if id(line) in inside)
        contents.append(join([" ".join(inside[id(line)] for line in row) for row in rows]))
    return _fill(structure, contents)


def _match(lines: Sequence[Line], cells: Sequence[Rect]) -> NDArray[np.int64]:
    """For each line the cell with which it shares the most of their union; -1 where it touches none.

    The rule of PaddleOCR's `ppstructure/table/matcher.py`.
    """
    if not cells:
        return np.full(len(lines), -1)
    line_boxes = np.array([line.rect for line in lines])[:, None]
    cell_boxes = np.array(cells)[None]
    sides = np.minimum(line_boxes[..., 2:], cell_boxes[..., 2:]) - np.maximum(line_boxes[..., :2], cell_boxes[..., :2])
    common = np.clip(sides, 0, None).prod(axis=2)
    areas = [np.clip(boxes[..., 2:] - boxes[..., :2], 0, None).prod(axis=2) for boxes in (line_boxes, cell_boxes)]
    shared = common / np.maximum(areas[0] + areas[1] - common, 1e-6)
    return np.where(shared.max(axis=1) > 0, shared.argmax(axis=1), -1)


def _loses_lines_above(structure: Structure, lines: Sequence[Line]) -> bool:
    """Whether lines lie above all cells: the model then missed the head of the table."""
    top = min(cell.y0 for cell in structure.cells)
    return any(line.rect.y1 < top for line in lines)


def _place_rest(cell_of: NDArray[np.int64], lines: Sequence[Line], cells: Sequence[Rect]) -> None:
    """Give each line that touches no cell to the nearest one, in place: no text is lost."""
    for index in np.flatnonzero(cell_of < 0):
        at = lines[index].rect
        apart = [abs(cell.cx - at.cx) + abs(cell.cy - at.cy) for cell in cells]
        cell_of[index] = int(np.argmin(apart))


def _fill(structure: Structure, contents: Sequence[str]) -> str:
    """The tokens of a structure with the cells' contents between them."""
    parts = ["<table>"]
    remaining = iter(contents)
    for part in structure.tokens:
        if part == "<td></td>":
            parts.append(f"<td>{html.escape(next(remaining), quote=False)}</td>")
        elif part == "</td>":
            parts.append(f"{html.escape(next(remaining), quote=False)}</td>")
        else:
            parts.append(part)
    return "".join([*parts, "</table>"])
