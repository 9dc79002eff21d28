"""The structure of a table: SLANet.

Source: Li et al., "PP-StructureV2" (2022), and PaddleOCR's `ppstructure/table/predict_structure.py` and
`ppocr/postprocess/table_postprocess.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.lite.rects import Rect
from engines.lite.sessions import Floats, OnnxSession

SIDE = 488
"""Pixels of the longer side of the model's square input."""
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
CELL_STARTS = frozenset({"<td></td>", "<td"})
"""Tokens with a cell's place: a plain cell, and the start of one that spans rows or columns."""
SECTIONS = frozenset({"<thead>", "</thead>", "<tbody>", "</tbody>"})


@dataclass(frozen=True)
class Structure:
    """A table without its text: HTML tokens without the outer tag, and the place of each cell in their order."""

    tokens: list[str]
    cells: list[Rect]


class TableStructureDetector:
    """Finds the cells of a table. `detect` may be called from several threads."""

    def __init__(self, path: Path) -> None:
        # OpenVINO can't convert this model: its decoder is a loop.
        self._session = OnnxSession(path)
        listed = self._session.metadata["character"].splitlines()
        # The model was trained with plain cells as one token, after all others.
        self._tokens = ["sos", *(token for token in listed if token not in ("<td>", "<td></td>")), "<td></td>", "eos"]

    def detect(self, image: NDArray[np.uint8]) -> Structure:
        """The structure of `image`, RGB uint8 [height, width, 3]; places in its pixels."""
        places, probabilities = self._session.run(_prepare(image))
        size = np.array([image.shape[1], image.shape[0]] * 2, np.float32)
        tokens: list[str] = []
        cells: list[Rect] = []
        for step, part in enumerate(self._tokens[best] for best in probabilities[0].argmax(axis=1)):
            if part == "eos" and step:
                break
            if part in SECTIONS or part in ("sos", "eos"):
                continue
            if part in CELL_STARTS:
                cells.append(Rect(*(places[0, step] * size).tolist()))
            tokens.append(part)
        return Structure(tokens, cells)


def _prepare(image: NDArray[np.uint8]) -> Floats:
    """The table as the model's input: BGR, longer side SIDE, padded to a square, float32 [1, 3, SIDE, SIDE]."""
    import cv2

    height, width = image.shape[:2]
    scale = SIDE / max(height, width)
    size = (max(1, int(width * scale)), max(1, int(height * scale)))
    resized = cv2.resize(image, size)[:, :, ::-1].astype(np.float32) / 255
    square = np.zeros((SIDE, SIDE, 3), np.float32)
    square[: size[1], : size[0]] = (resized - MEAN) / DEVIATION
    return np.ascontiguousarray(square.transpose(2, 0, 1))[None]
