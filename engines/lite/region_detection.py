"""Finding the regions of a page: PicoDet trained on CDLA, a Chinese document layout dataset.

Source: Yu et al., "PP-PicoDet" (2021), with the distance decoding of Li et al., "Generalized Focal Loss" (2020);
PaddleDetection's `deploy/third_engine/demo_onnxruntime/infer_demo.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from engines.lite.rects import Rect
from engines.lite.sessions import Floats, Session

Kind = Literal[
    "text",
    "title",
    "figure",
    "figure_caption",
    "table",
    "table_caption",
    "header",
    "footer",
    "reference",
    "equation",
]
"""The classes of CDLA, in the order of the model's outputs."""
KINDS: tuple[Kind, ...] = get_args(Kind)
INPUT_HEIGHT, INPUT_WIDTH = 800, 608
STRIDES = (8, 16, 32, 64)
SCORE = 0.4
"""Regions less certain than this are dropped where the caller names no other threshold."""
SAME_REGION = 0.5
"""Two boxes of one class that overlap by more of their union than this are one region."""
MEAN = np.array([0.485, 0.456, 0.406], np.float32)[:, None, None]
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)[:, None, None]


@dataclass(frozen=True)
class Region:
    """A region of a page, in pixels of the page."""

    kind: Kind
    score: float
    rect: Rect


class RegionDetector:
    """Finds the regions of a page. `detect` may be called from several threads."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._anchors = [_centers(stride) for stride in STRIDES]

    def detect(self, image: NDArray[np.uint8], thresholds: Mapping[Kind, float]) -> list[Region]:
        """The regions of `image`, RGB uint8 [height, width, 3], surest first; `thresholds` overrides SCORE by class."""
        outputs = self._session.run(_prepare(image))
        scores = np.concatenate([output[0] for output in outputs[: len(STRIDES)]])
        spread = np.concatenate([output[0] for output in outputs[len(STRIDES) :]])
        strides = np.repeat(STRIDES, [len(anchors) for anchors in self._anchors])[:, None]
        lowest = np.array([thresholds.get(kind, SCORE) for kind in KINDS], np.float32)
        likely = np.flatnonzero((scores > lowest).any(axis=1))
        boxes = _decode(np.concatenate(self._anchors)[likely], spread[likely], strides[likely])
        scale = np.array([image.shape[1] / INPUT_WIDTH, image.shape[0] / INPUT_HEIGHT] * 2, np.float32)
        regions = []
        for column, kind in enumerate(KINDS):
            certain = scores[likely, column]
            for index in _suppress(boxes, np.where(certain > lowest[column], certain, 0)):
                rect = Rect(*(boxes[index] * scale).tolist()).clipped(image.shape[1], image.shape[0])
                regions.append(Region(kind, float(certain[index]), rect))
        return sorted(regions, key=lambda region: -region.score)


def _prepare(image: NDArray[np.uint8]) -> Floats:
    """The page as the model's input, float32 [1, 3, 800, 608]."""
    import cv2

    resized = cv2.resize(image, (INPUT_WIDTH, INPUT_HEIGHT))
    channels = cv2.dnn.blobFromImage(resized, 1 / 255, swapRB=True)
    blob: Floats = (channels - MEAN) / DEVIATION
    return blob


def _centers(stride: int) -> Floats:
    """The centres of a level's cells, float32 [cells, 2] as x, y in pixels of the input."""
    rows, columns = -(-INPUT_HEIGHT // stride), -(-INPUT_WIDTH // stride)
    y, x = np.mgrid[:rows, :columns]
    centers: Floats = np.stack([x.ravel() + 0.5, y.ravel() + 0.5], axis=1).astype(np.float32) * np.float32(stride)
    return centers


def _decode(centers: Floats, spread: Floats, strides: NDArray[np.int64]) -> Floats:
    """Boxes [n, 4] from centres [n, 2] and, for each side, a distribution over 0..7 strides away [n, 4 · 8]."""
    sides = spread.reshape(len(spread), 4, spread.shape[1] // 4)
    weights = np.exp(sides - sides.max(axis=2, keepdims=True))
    weights /= weights.sum(axis=2, keepdims=True)
    distance = (weights @ np.arange(sides.shape[2], dtype=np.float32)) * strides
    boxes = np.concatenate([centers - distance[:, :2], centers + distance[:, 2:]], axis=1)
    inside: Floats = np.clip(boxes, 0, [INPUT_WIDTH, INPUT_HEIGHT] * 2).astype(np.float32)
    return inside


def _suppress(boxes: Floats, scores: Floats) -> list[int]:
    """Indices of the boxes with a score above 0 that no surer box covers, surest first."""
    left = [int(index) for index in np.argsort(-scores, kind="stable") if scores[index] > 0]
    kept: list[int] = []
    while left:
        best = left.pop(0)
        kept.append(best)
        surest = Rect(*boxes[best].tolist())
        left = [index for index in left if _iou(surest, Rect(*boxes[index].tolist())) <= SAME_REGION]
    return kept


def _iou(one: Rect, other: Rect) -> float:
    common = one.common(other)
    return common / max(1e-6, one.area + other.area - common)
