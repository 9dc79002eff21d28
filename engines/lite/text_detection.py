"""Finding text lines in an image: PP-OCRv6 detection with the post-processing of Differentiable Binarization.

Source: Liao et al., "Real-time Scene Text Detection with Differentiable Binarization" (2020), and PaddleOCR's
`ppocr/postprocess/db_postprocess.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.lite.lines import Line
from engines.lite.sessions import Floats, Session
from engines.lite.stacks import split_stacks

LONGEST_SIDE = 1280
"""Pixels of the longer side that the model sees; larger images are scaled down, smaller ones never up."""
SHORTEST_SIDE = 96
"""Images whose longer side is under this are scaled up to it, at most twice: the model misses text in tiny crops."""
STRIDE = 32
"""Height and width of the model's input are multiples of this."""
PIXEL_THRESHOLD = 0.3
"""A pixel at least this likely to be text belongs to a line."""
LINE_THRESHOLD = 0.5
"""A line whose pixels are on average less likely than this is dropped."""
UNCLIP_RATIO = 1.6
"""The model marks the core of a line; it is grown by this times area over perimeter."""
SMALLEST_CORE = 3.0
"""Pixels of the probability map: a thinner core is noise."""
MOST_LINES = 2000
"""Contours looked at in one image: a page of noise must not take minutes."""


class TextDetector:
    """Finds the lines of text of an image. `detect` may be called from several threads."""

    def __init__(self, session: Session, longest_side: int = LONGEST_SIDE) -> None:
        self._session = session
        self._longest_side = longest_side

    def detect(self, image: NDArray[np.uint8]) -> list[Line]:
        """The lines of `image`, RGB uint8 [height, width, 3], in no particular order; pixels of the image."""
        probability = self._session.run(_prepare(image, self._longest_side))[0][0, 0]
        height, width = image.shape[:2]
        scale = np.array([width / probability.shape[1], height / probability.shape[0]], np.float32)
        limit = np.array([width, height], np.float32)
        lines = []
        for quad, score in _find_quads(probability):
            placed = np.clip(quad * scale, 0, limit).astype(np.float32)
            line = Line.of(placed, score)
            if min(line.length, line.thickness) > SMALLEST_CORE:
                lines.append(line)
        return split_stacks(image, lines)


def _prepare(image: NDArray[np.uint8], longest_side: int) -> Floats:
    """The image as the model's input: BGR, float32 [1, 3, h, w] in -1..1, h and w multiples of STRIDE."""
    import cv2

    height, width = image.shape[:2]
    longest = max(height, width)
    scale = min(1.0, longest_side / longest)
    if longest < SHORTEST_SIDE:
        scale = min(2.0, SHORTEST_SIDE / longest)
    size = tuple(max(STRIDE, round(side * scale / STRIDE) * STRIDE) for side in (width, height))
    blob: Floats = cv2.dnn.blobFromImage(image, 1 / 127.5, size, (127.5, 127.5, 127.5), swapRB=True)
    return blob


def _find_quads(probability: Floats) -> list[tuple[Floats, float]]:
    """The quadrilaterals, float32 [4, 2] in pixels of the map, of the lines in a probability map, with their scores."""
    import cv2

    core = cv2.dilate((probability > PIXEL_THRESHOLD).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(core, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours[:MOST_LINES]:
        box = cv2.minAreaRect(contour)
        if min(box[1]) < SMALLEST_CORE:
            continue
        score = _mean_inside(probability, cv2.boxPoints(box))
        if score < LINE_THRESHOLD:
            continue
        found.append((_clockwise(cv2.boxPoints(_grow(box))), score))
    return found


def _grow(box: Any) -> Any:
    """The rotated rectangle ((cx, cy), (w, h), angle) grown on all sides by UNCLIP_RATIO · area / perimeter.

    PaddleOCR offsets the polygon with round corners and takes the smallest rectangle around the result, which is this.
    """
    center, (width, height), angle = box
    distance = UNCLIP_RATIO * width * height / (2 * (width + height))
    return center, (width + 2 * distance, height + 2 * distance), angle


def _mean_inside(probability: Floats, quad: Floats) -> float:
    """The mean of the map inside a quadrilateral, `box_score_fast` of the source."""
    import cv2

    height, width = probability.shape
    x0, y0 = np.clip(np.floor(quad.min(axis=0)).astype(int), 0, [width - 1, height - 1])
    x1, y1 = np.clip(np.ceil(quad.max(axis=0)).astype(int), 0, [width - 1, height - 1])
    mask = np.zeros((y1 - y0 + 1, x1 - x0 + 1), np.uint8)
    cv2.fillPoly(mask, [(quad - [x0, y0]).astype(np.int32)], 1)
    return float(cv2.mean(probability[y0 : y1 + 1, x0 : x1 + 1], mask)[0])


def _clockwise(corners: Floats) -> Floats:
    """The corners from the top left on, clockwise: the two leftmost are the left side."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left = by_x[:2][np.argsort(by_x[:2, 1], kind="stable")]
    right = by_x[2:][np.argsort(by_x[2:, 1], kind="stable")]
    return np.stack([left[0], right[0], right[1], left[1]])
