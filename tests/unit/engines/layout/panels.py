"""Pages painted for the made layout models, which find panels by their colours."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from scripts.made_weights.palette import colour

Image = NDArray[np.uint8]
Corners = Sequence[tuple[int, int]]


def rectangle(x1: int, y1: int, x2: int, y2: int) -> Corners:
    """The corners of an upright panel."""
    return [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]


def painted(width: int, height: int, *panels: tuple[str, Corners]) -> Image:
    """A white RGB page with panels, the first to be read first; later ones cover earlier ones."""
    page = np.full((height, width, 3), 255, np.uint8)
    for place, (label, corners) in enumerate(panels):
        cv2.fillPoly(page, [np.array(corners)], colour(label, place))
    return page


ARTICLE = painted(
    900,
    1200,
    ("doc_title", rectangle(50, 30, 840, 90)),
    ("header", rectangle(50, 4, 400, 20)),
    ("text", rectangle(50, 120, 430, 500)),
    ("text", rectangle(470, 120, 840, 500)),
    ("inline_formula", rectangle(60, 200, 200, 240)),
    ("table", rectangle(50, 540, 840, 800)),
    ("figure_title", rectangle(50, 820, 500, 850)),
    ("chart", rectangle(50, 880, 400, 1100)),
    ("reference", rectangle(450, 880, 840, 1100)),
    ("number", rectangle(420, 1160, 470, 1180)),
)
"""Most kinds of blocks, a few labels that are outside the reading order."""
NESTED = painted(
    1000,
    800,
    ("text", rectangle(100, 50, 900, 300)),
    ("text", rectangle(110, 60, 890, 290)),
    ("image", rectangle(100, 350, 900, 780)),
    ("text", rectangle(200, 400, 500, 500)),
    ("chart", rectangle(520, 520, 800, 700)),
)
"""Two texts in nearly the same place, and an image with a text and a chart in it."""
SLANTED = painted(
    640,
    900,
    ("text", [(200, 100), (580, 200), (540, 330), (160, 230)]),
    ("table", [(60, 420), (600, 420), (60, 860)]),
    ("seal", rectangle(420, 700, 600, 860)),
)
"""Outlines that are no upright rectangles."""
BLANK = painted(1100, 700)
