"""Text lines as the detector finds them, and the rows that they stand in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from engines.lite.rects import Rect, bounds
from engines.lite.sessions import Floats

VERTICAL = 1.5
"""A line at least this many times higher than wide is written sideways (PaddleOCR's `get_rotate_crop_image`)."""
SAME_ROW = 0.55
"""Two lines stand in one row when they share this much of the lower one's height."""


@dataclass(frozen=True, eq=False)
class Line:
    """One line of text. `quad` is float32 [4, 2], clockwise from the top left; `rect` the rectangle around it."""

    quad: Floats
    rect: Rect
    score: float = 1.0

    @classmethod
    def of(cls, quad: Floats, score: float = 1.0) -> Line:
        """A line from its corners."""
        x0, y0 = quad.min(axis=0).tolist()
        x1, y1 = quad.max(axis=0).tolist()
        return cls(quad, Rect(x0, y0, x1, y1), score)

    @property
    def length(self) -> float:
        """Pixels along the top side."""
        return float(np.hypot(*(self.quad[1] - self.quad[0])))

    @property
    def thickness(self) -> float:
        """Pixels along the left side."""
        return float(np.hypot(*(self.quad[3] - self.quad[0])))

    @property
    def is_vertical(self) -> bool:
        """Whether the line runs down the page."""
        return self.rect.height >= VERTICAL * self.rect.width

    @property
    def aspect(self) -> float:
        """How many times longer than high the line is, read upright."""
        sides = (self.thickness, self.length) if self.is_vertical else (self.length, self.thickness)
        return sides[0] / max(1.0, sides[1])

    def moved(self, dx: float, dy: float) -> Line:
        """The same line elsewhere."""
        return Line(self.quad + np.array([dx, dy], np.float32), self.rect.moved(dx, dy), self.score)


Row = list[Line]
"""Lines side by side, from left to right."""


def rows_of(lines: Iterable[Line]) -> list[Row]:
    """The lines as rows, from top to bottom."""
    rows: list[Row] = []
    for line in sorted(lines, key=lambda line: line.rect.cy):
        # A line may belong to one of the last few rows only: rows further up end above it.
        for row in rows[-3:]:
            mate = row[-1].rect
            if mate.common_height(line.rect) > SAME_ROW * min(mate.height, line.rect.height):
                row.append(line)
                break
        else:
            rows.append([line])
    for row in rows:
        row.sort(key=lambda line: line.rect.x0)
    return sorted(rows, key=lambda row: sum(line.rect.cy for line in row) / len(row))


def bounds_of(lines: Iterable[Line]) -> Rect:
    """The smallest rectangle around lines."""
    return bounds(line.rect for line in lines)


def usual_height(lines: Sequence[Line]) -> float:
    """The median height of the level lines; of none, 20 pixels, a line of text at 200 dpi."""
    heights = [line.rect.height for line in lines if not line.is_vertical]
    return median(heights) if heights else 20.0


def cut_out(image: NDArray[np.uint8], line: Line) -> NDArray[np.uint8]:
    """The line as an upright image [thickness, length, 3], after PaddleOCR's `get_rotate_crop_image`.

    A line that runs down the page is turned by a quarter, so that text written from bottom to top stands upright.
    """
    import cv2

    if _is_upright(line):
        x0, y0, x1, y1 = (round(value) for value in line.rect)
        piece: NDArray[np.uint8] = image[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
    else:
        width, height = max(1, round(line.length)), max(1, round(line.thickness))
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        matrix = cv2.getPerspectiveTransform(line.quad, corners)
        piece = cv2.warpPerspective(
            image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
    if piece.shape[0] >= VERTICAL * piece.shape[1]:
        piece = np.rot90(piece, -1)
    return piece


def _is_upright(line: Line) -> bool:
    """Whether the quadrilateral is its own rectangle, to within a pixel: cutting is then a slice."""
    return bool(np.abs(line.quad - _corners(line.rect)).max() < 1)


def _corners(rect: Rect) -> Floats:
    return np.array([[rect.x0, rect.y0], [rect.x1, rect.y0], [rect.x1, rect.y1], [rect.x0, rect.y1]], np.float32)
