"""Reading text lines: PP-OCRv6 recognition with greedy CTC decoding.

Source: PaddleOCR's `ppocr/data/imaug/rec_img_aug.py` (resize) and `ppocr/postprocess/rec_postprocess.py` (decoding).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.lite.sessions import Floats, Session
from engines.lite.spaces import with_spaces

HEIGHT = 48
"""Pixels of a line's height in the model's input."""
WIDEST = 3200
"""Pixels of a line's width in the model's input; a longer line is squeezed."""
LEAST_INPUT = 64
"""The model reads nothing in inputs narrower than this."""
BLANK = ""
"""What the first class of the model, CTC's blank, reads as."""


_EAST_ASIAN = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_WIDE_FORMS = {0xFF01 + offset: 0x21 + offset for offset in range(94)}


@dataclass(frozen=True)
class Reading:
    """The text of a line, and the mean probability of its characters."""

    text: str
    score: float


class TextRecogniser:
    """Reads images of single lines. `read` may be called from several threads."""

    def __init__(self, session: Session, characters: str) -> None:
        """Read with a model whose classes are CTC's blank, the `characters`, one a line, and the space."""
        self._session = session
        self._characters = np.array([BLANK, *characters.rstrip("\n").split("\n"), " "])

    def read(self, lines: Sequence[Floats]) -> list[Reading]:
        """Read lines of one width, prepared by `prepare`, as one batch."""
        batch = np.stack(lines)
        if batch.shape[3] < LEAST_INPUT:
            batch = np.pad(batch, ((0, 0), (0, 0), (0, 0), (0, LEAST_INPUT - batch.shape[3])))
        probabilities = self._session.run(batch)[0]
        step = batch.shape[3] / probabilities.shape[1]
        return [self._decode(steps, line, step) for steps, line in zip(probabilities, lines, strict=True)]

    def _decode(self, steps: Floats, line: Floats, pixels_per_step: float) -> Reading:
        """The best class of each step [steps, classes], repeats and blanks left out."""
        best = steps.argmax(axis=1)
        kept = best != 0
        kept[1:] &= best[1:] != best[:-1]
        at = np.flatnonzero(kept)
        if not at.size:
            return Reading("", 0.0)
        text = _without_wide_forms(with_spaces(self._characters[best[at]].tolist(), at, pixels_per_step, line))
        return Reading(text, float(steps[at, best[at]].mean()))


def input_width(length: float, thickness: float) -> int:
    """The width at which a line of this shape is read, in pixels.

    Lines are stretched to few different widths, from 160 pixels on by 5 % at most: lines of one width make a batch
    without padding, which costs time and misleads the model, and OpenVINO prepares itself anew for every width.
    """
    width = HEIGHT * length / max(1.0, thickness)
    step = 8 if width < 160 else 16 if width < 320 else 32
    return min(WIDEST, max(16, round(width / step) * step))


def prepare(line: NDArray[np.uint8], width: int | None = None) -> Floats:
    """An RGB line image as the model wants it: BGR, float32 [3, 48, width] in -1..1; `input_width` wide if not told."""
    import cv2

    size = (width or input_width(line.shape[1], line.shape[0]), HEIGHT)
    blob: Floats = cv2.dnn.blobFromImage(line, 1 / 127.5, size, (127.5, 127.5, 127.5), swapRB=True)
    line_input: Floats = blob[0]
    return line_input


def _without_wide_forms(text: str) -> str:
    """A text without Chinese, Japanese or Korean with its punctuation in ASCII: the model mixes in wide forms."""
    return text if _EAST_ASIAN.search(text) else text.translate(_WIDE_FORMS)
