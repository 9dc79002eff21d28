"""Stacks of short lines that the detector takes for one vertical line: the numbers in a narrow column."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engines.lite.lines import Line, usual_height
from engines.lite.sessions import Floats

WIDEST, LOWEST = 2.5, 1.6
"""A stack is at most WIDEST usual line heights wide, and at least LOWEST of them high."""
SPECK = 3
"""Pixels: narrower white inside a letter does not part rows."""
LEAST_WHITE = 0.25
"""The rows of a stack are apart by at least this part of their height; the letters of a vertical line are not."""
LEAST_ROW, TALLEST_ROW = 0.35, 1.3
"""A row of a stack is this many usual line heights high."""

Span = tuple[int, int]


def split_stacks(image: NDArray[np.uint8], lines: Sequence[Line]) -> list[Line]:
    """The lines, stacks replaced by their rows; `image` is RGB uint8 [height, width, 3]."""
    height = usual_height(lines)
    return [part for line in lines for part in _split(image, line, height)]


def _split(image: NDArray[np.uint8], line: Line, height: float) -> list[Line]:
    """A stack's rows; any other line as it is."""
    if line.rect.width > WIDEST * height or line.rect.height < LOWEST * height:
        return [line]
    rows = _inked_rows(image, line)
    tall = [stop - start for start, stop in rows]
    white = [lower[0] - upper[1] for upper, lower in pairwise(rows)]
    if (
        len(rows) < 2
        or min(white) < LEAST_WHITE * float(np.median(tall))
        or not all(LEAST_ROW * height <= size <= TALLEST_ROW * height for size in tall)
    ):
        return [line]
    margin = min(white) / 2
    return [Line.of(_quad(line, start - margin, stop + margin), line.score) for start, stop in rows]


def _inked_rows(image: NDArray[np.uint8], line: Line) -> list[Span]:
    """The runs of pixel rows with ink, in pixels of the image: what is darker than halfway from paper to ink."""
    x0, y0, x1, y1 = (int(value) for value in line.rect)
    gray = image[y0 : y1 + 1, x0 : x1 + 1].mean(axis=2)
    inked = np.concatenate([[False], gray.min(axis=1) < (gray.max() + gray.min()) / 2, [False]])
    edges = np.flatnonzero(np.diff(inked.astype(np.int8))) + y0
    rows: list[Span] = []
    for start, stop in edges.reshape(-1, 2).tolist():
        if rows and start - rows[-1][1] < SPECK:
            rows[-1] = (rows[-1][0], stop)
        else:
            rows.append((start, stop))
    # At the edges may stand what a neighbouring line's box cut off.
    tallest = max((stop - start for start, stop in rows), default=0)
    return [
        (start, stop) for start, stop in rows if stop - start > 0.6 * tallest or y0 + SPECK < start < y1 - 2 * SPECK
    ]


def _quad(line: Line, top: float, bottom: float) -> Floats:
    left, right = line.rect.x0, line.rect.x1
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
