"""Lines and pages for tests, made of rectangles."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from engines.lite.lines import Line


def line(x0: float, y0: float, x1: float, y1: float) -> Line:
    """An upright line of text."""
    return Line.of(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32))


def column(x0: float, x1: float, tops: Iterable[float], height: float = 20) -> list[Line]:
    """Lines one under the other."""
    return [line(x0, top, x1, top + height) for top in tops]


def paper(height: int = 1000, width: int = 800) -> NDArray[np.uint8]:
    """A blank page, RGB."""
    return np.full((height, width, 3), 255, np.uint8)


def ink(image: NDArray[np.uint8], x0: int, y0: int, x1: int, y1: int) -> None:
    """Fill a rectangle with black."""
    image[y0:y1, x0:x1] = 0
