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
THICKEST = 12
"""Pixels: what is thicker than this is a filled area, not a ruling."""


@dataclass(frozen=True)
class Rulings:
    """How many ruling lines a region holds."""

    horizontal: int
    vertical: int

    @property
    def is_grid(self) -> bool:
        """Whether they make at least two rows of at least two cells, frame included or not."""
        return self.horizontal >= 3 and self.vertical >= 2


def find_rulings(image: NDArray[np.uint8], rect: Rect) -> Rulings:
    """Count the dark straight lines of a region of an RGB image [height, width, 3]."""
    import cv2

    x0, y0, x1, y1 = (int(value) for value in rect)
    gray = cv2.cvtColor(np.ascontiguousarray(image[y0 : y1 + 1, x0 : x1 + 1]), cv2.COLOR_RGB2GRAY)
    if min(gray.shape) < SHORTEST_VERTICAL:
        return Rulings(0, 0)
    dark = cv2.adaptiveThreshold(gray, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 25, 15)
    across = cv2.morphologyEx(
        dark, cv2.MORPH_OPEN, np.ones((1, max(16, int(SHORTEST_HORIZONTAL * dark.shape[1]))), np.uint8)
    )
    down = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((SHORTEST_VERTICAL, 1), np.uint8))
    return Rulings(_places(across.any(axis=1)), _places(down.sum(axis=0) >= 0.3 * dark.shape[0]))


def _places(profile: NDArray[np.bool_]) -> int:
    """How many separate runs of True, none thicker than THICKEST, a profile holds."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], profile, [False]]).astype(np.int8)))
    return int(sum(stop - start <= THICKEST for start, stop in edges.reshape(-1, 2)))
