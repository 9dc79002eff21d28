"""Axis-aligned rectangles in pixels."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple


class Rect(NamedTuple):
    """A rectangle [x0, x1) × [y0, y1), y downwards."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """Pixels from left to right, never negative."""
        return max(0.0, self.x1 - self.x0)

    @property
    def height(self) -> float:
        """Pixels from top to bottom, never negative."""
        return max(0.0, self.y1 - self.y0)

    @property
    def area(self) -> float:
        """Square pixels."""
        return self.width * self.height

    @property
    def cx(self) -> float:
        """The middle of the x axis' span."""
        return (self.x0 + self.x1) / 2

    @property
    def cy(self) -> float:
        """The middle of the y axis' span."""
        return (self.y0 + self.y1) / 2

    def common(self, other: Rect) -> float:
        """The area that both cover."""
        return self.common_width(other) * self.common_height(other)

    def common_width(self, other: Rect) -> float:
        """The length that both cover of the x axis."""
        return max(0.0, min(self.x1, other.x1) - max(self.x0, other.x0))

    def common_height(self, other: Rect) -> float:
        """The length that both cover of the y axis."""
        return max(0.0, min(self.y1, other.y1) - max(self.y0, other.y0))

    def clipped(self, width: float, height: float) -> Rect:
        """The part inside an image of this size."""
        return Rect(max(0.0, self.x0), max(0.0, self.y0), min(width, self.x1), min(height, self.y1))

    def grown(self, dx: float, dy: float) -> Rect:
        """Wider by `dx` on the left and right, higher by `dy` at the top and bottom; negative values shrink."""
        return Rect(self.x0 - dx, self.y0 - dy, self.x1 + dx, self.y1 + dy)

    def scaled(self, horizontally: float, vertically: float) -> Rect:
        """The sides multiplied by factors, about the same centre."""
        return self.grown(self.width * (horizontally - 1) / 2, self.height * (vertically - 1) / 2)

    def outer(self) -> Rect:
        """The smallest rectangle of whole pixels around this one."""
        return Rect(math.floor(self.x0), math.floor(self.y0), math.ceil(self.x1), math.ceil(self.y1))

    def moved(self, dx: float, dy: float) -> Rect:
        """The same rectangle elsewhere."""
        return Rect(self.x0 + dx, self.y0 + dy, self.x1 + dx, self.y1 + dy)


def bounds(rects: Iterable[Rect]) -> Rect:
    """The smallest rectangle around all of them; raises ValueError for none."""
    x0, y0, x1, y1 = zip(*rects, strict=True)
    return Rect(min(x0), min(y0), max(x1), max(y1))
