"""The order in which a person reads the blocks of a page.

Recursive XY-cut (Nagy & Seth, 1984) that prefers columns; where blocks interlock and no cut goes through, the order
relations of Breuel, "High Performance Document Layout Analysis" (2003).
"""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Literal

from engines.lite.rects import Rect

Axis = Literal[0, 1]
SIDE_BY_SIDE = 0.3
"""The blocks of two columns stand beside each other for at least this part of the shorter column's height."""
FEWEST_FOR_COLUMNS = 3
"""A part with fewer blocks than this is no reason to look for columns in it."""


def reading_order(rects: Sequence[Rect], column_gap: float) -> list[int]:
    """The indices of `rects` in reading order; a white strip at least `column_gap` wide parts two columns."""
    return _cut(list(range(len(rects))), rects, column_gap)


def _cut(part: list[int], rects: Sequence[Rect], column_gap: float) -> list[int]:
    """The blocks `part` in order: left before right where columns part, else upper before lower."""
    if len(part) < 2:
        return part
    if columns := _column_gaps(part, rects, column_gap):
        first, second = _divide(part, rects, 0, max(columns)[1])
    else:
        halves = _horizontal_cut(part, rects, column_gap)
        if halves is None:
            return _interlocked(part, rects)
        first, second = halves
    return _cut(first, rects, column_gap) + _cut(second, rects, column_gap)


def _horizontal_cut(part: list[int], rects: Sequence[Rect], column_gap: float) -> tuple[list[int], list[int]] | None:
    """The uppermost cut that leaves columns on one side of it, else the widest; None where no cut goes through."""
    gaps = _gaps(part, rects, 1)
    if not gaps:
        return None
    for _, place in sorted(gaps, key=lambda gap: gap[1]):
        halves = _divide(part, rects, 1, place)
        for half in halves:
            if len(half) >= FEWEST_FOR_COLUMNS and _column_gaps(half, rects, column_gap):
                return halves
    return _divide(part, rects, 1, max(gaps)[1])


def _column_gaps(part: list[int], rects: Sequence[Rect], column_gap: float) -> list[tuple[float, float]]:
    """The white strips that part columns; where there are none, those left by blocks that text flows around."""
    if gaps := _side_by_side(part, rects, column_gap):
        return gaps
    rest = [index for index in part if not _is_flowed_around(index, part, rects)]
    return _side_by_side(rest, rects, column_gap) if len(rest) < len(part) else []


def _side_by_side(part: list[int], rects: Sequence[Rect], column_gap: float) -> list[tuple[float, float]]:
    """The wide enough white strips between blocks that stand beside each other, and not only further right."""
    gaps = []
    for width, middle in _gaps(part, rects, 0):
        left, right = ([rects[index] for index in half] for half in _divide(part, rects, 0, middle))
        shared = sum(one.common_height(other) for one in left for other in right)
        shorter = min(sum(rect.height for rect in side) for side in (left, right))
        if width >= column_gap and shared > SIDE_BY_SIDE * shorter:
            gaps.append((width, middle))
    return gaps


def _is_flowed_around(index: int, part: list[int], rects: Sequence[Rect]) -> bool:
    """Whether a block, a picture between two columns, has others beside it on both sides."""
    rect = rects[index]
    beside = [rects[other] for other in part if rects[other].common_height(rect) > 0]
    return any(other.x1 <= rect.x0 for other in beside) and any(other.x0 >= rect.x1 for other in beside)


def _gaps(part: list[int], rects: Sequence[Rect], axis: Axis) -> list[tuple[float, float]]:
    """The white strips across `part` along an axis, as (width, middle)."""
    spans = sorted((rects[index][axis], rects[index][axis + 2]) for index in part)
    gaps = []
    end = spans[0][1] if spans else 0.0
    for start, stop in spans[1:]:
        if start >= end:
            gaps.append((start - end, (start + end) / 2))
        end = max(end, stop)
    return gaps


def _divide(part: list[int], rects: Sequence[Rect], axis: Axis, place: float) -> tuple[list[int], list[int]]:
    """The blocks before and after a place on an axis."""
    before = [index for index in part if (rects[index][axis] + rects[index][axis + 2]) / 2 < place]
    after = [index for index in part if (rects[index][axis] + rects[index][axis + 2]) / 2 >= place]
    return before, after


def _interlocked(part: list[int], rects: Sequence[Rect]) -> list[int]:
    """Blocks that no cut parts: by Breuel's two relations, or from top to bottom where those contradict each other."""
    by_place = sorted(part, key=lambda index: (rects[index].y0, rects[index].x0))
    sorter: TopologicalSorter[int] = TopologicalSorter(dict.fromkeys(by_place, ()))
    for one in by_place:
        for other in by_place:
            if one != other and _comes_before(one, other, by_place, rects):
                sorter.add(other, one)
    try:
        return list(sorter.static_order())
    except CycleError:
        return by_place


def _comes_before(one: int, other: int, part: Sequence[int], rects: Sequence[Rect]) -> bool:
    """Whether one block is read before another: above it in a column, or left of it with nothing across between."""
    upper, lower = rects[one], rects[other]
    if upper.common_width(lower) > 0:
        return upper.cy < lower.cy
    if upper.cx > lower.cx:
        return False
    top, bottom = sorted((upper.cy, lower.cy))
    return not any(
        top < rects[index].cy < bottom and rects[index].common_width(upper) and rects[index].common_width(lower)
        for index in part
        if index not in (one, other)
    )
