"""Reading text lines: PP-OCRv6 recognition with greedy CTC decoding.

Source: PaddleOCR's `ppocr/data/imaug/rec_img_aug.py` (resize) and `ppocr/postprocess/rec_postprocess.py` (decoding).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.lite.sessions import Floats, Session
from engines.lite.spaces import with_spaces

HEIGHT = 48
"""Pixels of a line's height in the model's input."""
NARROWEST, WIDEST = 16, 3200
"""Pixels of a line's width in the model's input; a longer line is squeezed."""
LEAST_INPUT = 64
"""The model reads nothing in inputs narrower than this."""
BLANK = ""
"""What the first class of the model, CTC's blank, reads as."""


@dataclass(frozen=True)
class Reading:
    """The text of a line, and the mean probability of its characters."""

    text: str
    score: float


class TextRecogniser:
    """Reads images of single lines. `read` may be called from several threads."""

    def __init__(self, path: Path, characters: Path | None = None) -> None:
        """Open the model; `characters` names the file of its characters where the model does not carry them."""
        self._session = Session(path)
        listed = characters.read_text("utf-8") if characters else self._session.metadata["character"]
        self._characters = np.array([BLANK, *listed.rstrip("\n").split("\n"), " "])

    def read(self, lines: Sequence[Floats]) -> list[Reading]:
        """Read lines prepared by `prepare`, as one batch."""
        widest = max(LEAST_INPUT, *(line.shape[2] for line in lines))
        batch = np.zeros((len(lines), 3, HEIGHT, widest), np.float32)
        for place, line in zip(batch, lines, strict=True):
            place[:, :, : line.shape[2]] = line
        probabilities = self._session.run(batch)[0]
        step = widest / probabilities.shape[1]
        return [self._decode(steps, line, step) for steps, line in zip(probabilities, lines, strict=True)]

    def _decode(self, steps: Floats, line: Floats, pixels_per_step: float) -> Reading:
        """The best class of each step [steps, classes], repeats and blanks left out."""
        best = steps.argmax(axis=1)
        kept = best != 0
        kept[1:] &= best[1:] != best[:-1]
        at = np.flatnonzero(kept)
        if not at.size:
            return Reading("", 0.0)
        text = with_spaces(self._characters[best[at]].tolist(), at, pixels_per_step, line)
        return Reading(text, float(steps[at, best[at]].mean()))


def prepare(line: NDArray[np.uint8]) -> Floats:
    """An RGB line image as the model wants it: BGR, float32 [3, 48, width] in -1..1."""
    import cv2

    height, width = line.shape[:2]
    size = (max(NARROWEST, min(WIDEST, math.ceil(HEIGHT * width / height))), HEIGHT)
    blob: Floats = cv2.dnn.blobFromImage(line, 1 / 127.5, size, (127.5, 127.5, 127.5), swapRB=True)
    line_input: Floats = blob[0]
    return line_input
