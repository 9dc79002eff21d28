"""What the region model found, judged by the text lines that lie in it.

The model is sure of much that is not there: it takes whole receipts, newspapers and dark slides for figures and pages
of three columns for tables, with scores over 0.9. Text lines are the better witness, so a region whose lines
contradict its class is dissolved and its lines are grouped by their places instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engines.lite.lines import Line, Row, rows_of
from engines.lite.rects import Rect
from engines.lite.region_detection import Region
from engines.lite.rulings import find_rulings

SMALLEST_AREA = 50
"""Square pixels: a smaller region is noise."""
CONTAINED = 0.6
"""Two regions that share more than this of the smaller one are one region; the surer one stays."""
TABLE_BONUS = 1.15
"""A table's score counts for this much more, because the regions that it competes with are its own cells."""
RULED = 0.99
"""The score of a table with rulings: its class is certain."""
FRAME = 4
"""Pixels around the middles of the outer rulings that belong to the table."""
OUTER = 0.1
"""Headers and footers lie in this outer part of the page's height."""
LONG = 9
"""A line this many times longer than high is prose rather than a cell."""


@dataclass
class Holding:
    """A region and the lines in it."""

    region: Region
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class Sorted:
    """Every line of the page once: in a region that is what it claims to be, or free."""

    kept: list[Holding]
    dissolved: list[Holding]
    free: list[Line]


def sort_lines(lines: Sequence[Line], regions: Sequence[Region], image: NDArray[np.uint8]) -> Sorted:
    """Give each line to the region that holds it, and take the lines of implausible regions back.

    `dissolved` holds the implausible regions with their lines, which are not in `free`.
    """
    regions = [_on_its_grid(region, image) for region in regions]
    holdings = [Holding(region) for region in _without_doubles(regions)]
    free = []
    for line in lines:
        holding = max(holdings, key=lambda holding: holding.region.rect.common(line.rect), default=None)
        if holding and _holds(holding.region.rect, line.rect):
            holding.lines.append(line)
        else:
            free.append(line)
    plausible = [_is_plausible(holding, image) for holding in holdings]
    return Sorted(
        [holding for holding, keep in zip(holdings, plausible, strict=True) if keep],
        [holding for holding, keep in zip(holdings, plausible, strict=True) if not keep],
        free,
    )


def _holds(region: Rect, line: Rect) -> bool:
    """Whether a line lies in a region. Lines are grown and may be higher than a region of one line."""
    wide = region.common_width(line) > 0.5 * line.width
    return wide and region.common_height(line) > 0.5 * min(line.height, region.height)


def is_tabular(lines: Sequence[Line]) -> bool:
    """Whether lines are short cells side by side, as on a receipt or a form, rather than prose in columns."""
    if len(lines) < 6:
        return False
    rows = rows_of(lines)
    side_by_side = [row for row in rows if len(row) > 1]
    if len(side_by_side) < 0.3 * len(rows):
        return False
    return float(np.median([_shape(line) for row in side_by_side for line in row])) < LONG


def _on_its_grid(region: Region, image: NDArray[np.uint8]) -> Region:
    """A table with rulings as large as they are, and surer than any other region in its place; others as they are."""
    if region.kind != "table":
        return region
    rulings = find_rulings(image, region.rect)
    if rulings.is_grid and rulings.frame.common(region.rect) > 0.5 * region.rect.area:
        return Region("table", max(region.score, RULED), rulings.frame.grown(FRAME, FRAME))
    return region


def _without_doubles(regions: Sequence[Region]) -> list[Region]:
    """The regions, less those mostly inside a surer one."""
    kept: list[Region] = []
    for region in sorted(regions, key=_rank, reverse=True):
        if region.rect.area <= SMALLEST_AREA:
            continue
        others = (other.rect for other in kept)
        if not any(region.rect.common(o) > CONTAINED * min(region.rect.area, o.area) for o in others):
            kept.append(region)
    return kept


def _rank(region: Region) -> float:
    return region.score * (TABLE_BONUS if region.kind == "table" else 1)


def _is_plausible(holding: Holding, image: NDArray[np.uint8]) -> bool:
    """Whether the lines in a region allow it to be what the model says."""
    if not holding.lines:
        return holding.region.kind == "figure" or (
            holding.region.kind == "table" and find_rulings(image, holding.region.rect).is_grid
        )
    match holding.region.kind:
        case "figure":
            return _is_figure(holding)
        case "equation":
            return len(holding.lines) == 1
        case "table":
            return _is_table(holding, image)
        case "header" | "footer":
            return _is_margin(holding, image.shape[0])
        case "text" | "reference" | "title":
            return _is_text(holding)
        case _:
            return True


def _is_figure(holding: Holding) -> bool:
    covered = sum(line.rect.area for line in holding.lines) / holding.region.rect.area
    return covered <= 0.25 and len(holding.lines) <= 12


def _is_table(holding: Holding, image: NDArray[np.uint8]) -> bool:
    rows = rows_of(holding.lines)
    several = sum(len(row) > 1 for row in rows) / len(rows)
    long = sum(_shape(line) > LONG for line in holding.lines) / len(holding.lines)
    prose = long > 0.6 and len(holding.lines) > 12
    return (not prose and several >= 0.25) or find_rulings(image, holding.region.rect).is_grid


def _is_margin(holding: Holding, height: int) -> bool:
    outer = holding.region.rect.y0 < OUTER * height or holding.region.rect.y1 > (1 - OUTER) * height
    return outer and len(rows_of(holding.lines)) <= 2


def _is_text(holding: Holding) -> bool:
    rows = rows_of(holding.lines)
    return len(rows) < 6 or sum(_has_wide_gap(row) for row in rows) <= 0.5 * len(rows)


def _has_wide_gap(row: Row) -> bool:
    gaps = [right.rect.x0 - left.rect.x1 for left, right in pairwise(row)]
    return bool(gaps) and max(gaps) > 1.2 * row[0].rect.height


def _shape(line: Line) -> float:
    """How many times longer than high a line is."""
    return line.rect.width / max(1.0, line.rect.height)


def outline(holding: Holding) -> Rect:
    """The rectangle of a region, wide enough for its lines."""
    rects = [holding.region.rect, *(line.rect for line in holding.lines)]
    x0, y0, x1, y1 = zip(*rects, strict=True)
    return Rect(min(x0), min(y0), max(x1), max(y1))
