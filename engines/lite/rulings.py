"""Ruling lines of tables and forms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.lite.rects import Rect

SHORTEST_HORIZONTAL = 0.3
"""A horizontal ruling is at least this part of the region's width."""
SHORTEST_VERTICAL = 24
"""Pixels: a vertical ruling is at least this long, more than the stem of a letter at 200 dpi."""
SHORTEST_FRAME = 0.3
"""The vertical rulings at one place fill at least this part of the region's height."""
BESIDE = 6
"""Pixels around a region that are searched too: its frame may lie just outside."""
THICKEST = 12
"""Pixels: what is thicker than this is a filled area, not a ruling."""


@dataclass(frozen=True)
class Rulings:
    """The places of ruling lines: y of the horizontal and x of the vertical ones, in pixels of the page."""

    horizontal: list[int]
    vertical: list[int]

    @property
    def is_grid(self) -> bool:
        """Whether they make at least two rows of cells, framed left and right."""
        return len(self.horizontal) >= 3 and len(self.vertical) >= 2

    @property
    def frame(self) -> Rect:
        """The rectangle that a grid fills."""
        return Rect(min(self.vertical), min(self.horizontal), max(self.vertical), max(self.horizontal))


def find_rulings(image: NDArray[np.uint8], rect: Rect) -> Rulings:
    """Find the dark straight lines of a region of an RGB image [height, width, 3]."""
    import cv2

    x0, y0, x1, y1 = (int(value) for value in rect.grown(BESIDE, BESIDE).clipped(image.shape[1], image.shape[0]))
    gray = cv2.cvtColor(np.ascontiguousarray(image[y0 : y1 + 1, x0 : x1 + 1]), cv2.COLOR_RGB2GRAY)
    height, width = gray.shape
    if min(height, width) < SHORTEST_VERTICAL:
        return Rulings([], [])
    dark = cv2.adaptiveThreshold(gray, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 25, 15)
    row = np.ones((1, max(16, int(SHORTEST_HORIZONTAL * width))), np.uint8)
    across = cv2.morphologyEx(dark, cv2.MORPH_OPEN, row)
    down = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((SHORTEST_VERTICAL, 1), np.uint8))
    return Rulings(_places(across.any(axis=1), y0), _places(down.sum(axis=0) >= SHORTEST_FRAME * height, x0))


def _places(profile: NDArray[np.bool_], origin: int) -> list[int]:
    """The middles of the runs of True that are not too thick for a ruling."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], profile, [False]]).astype(np.int8))) + origin
    return [(start + stop) // 2 for start, stop in edges.reshape(-1, 2).tolist() if stop - start <= THICKEST]
