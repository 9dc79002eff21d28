"""Reading the lines of a crop: PP-OCR in narrow batches, Tesseract for lines that PP-OCR can't know."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engines.lite.cyrillic import CyrillicReader
from engines.lite.lines import Line, cut_out
from engines.lite.text_recognition import Reading, TextRecogniser, input_width, prepare

BATCH_WIDTH = 1600
"""Pixels of input that one batch holds at most: the grain in which work is shared out, about 15 ms."""


class LineReader:
    """Reads lines of an image. Its methods may be called from several threads."""

    def __init__(self, tiny: TextRecogniser, small: TextRecogniser, cyrillic: CyrillicReader, *, prefer: str) -> None:
        """Read with the recogniser of the preferred size, "tiny" or "small"; each helps the other out."""
        self._tiny = tiny
        self._small = small
        self._recogniser = tiny if prefer == "tiny" else small
        self._cyrillic = cyrillic

    def read(self, image: NDArray[np.uint8], lines: Sequence[Line]) -> list[Reading]:
        """Read lines of one width with PP-OCR; `image` is RGB uint8 [height, width, 3]."""
        readings = self._recogniser.read([prepare(cut_out(image, line), _width_of(line)) for line in lines])
        return [
            self._read_turned(image, line, reading) if line.is_vertical else reading
            for line, reading in zip(lines, readings, strict=True)
        ]

    def read_cyrillic(self, image: NDArray[np.uint8], line: Line) -> Reading:
        """Read a line with Tesseract, as Russian with English words."""
        return self._cyrillic.read(cut_out(image, line))

    def read_beside(self, image: NDArray[np.uint8], line: Line, first: Reading) -> Reading:
        """What is written beside the Cyrillic in a line, which the small recogniser leaves out with the Cyrillic."""
        if self._recogniser is self._tiny:
            return first
        return self._tiny.read([prepare(cut_out(image, line), _width_of(line))])[0]

    def look_again(self, image: NDArray[np.uint8], line: Line, first: Reading) -> Reading:
        """A better reading of a line that the tiny recogniser is unsure of, at four times the cost."""
        if self._recogniser is self._small:
            return first
        second = self._small.read([prepare(cut_out(image, line), _width_of(line))])[0]
        return max(first, second, key=lambda reading: reading.score)

    def _read_turned(self, image: NDArray[np.uint8], line: Line, first: Reading) -> Reading:
        """The better of both ways to turn a vertical line upright."""
        second = self._recogniser.read([prepare(np.ascontiguousarray(np.rot90(cut_out(image, line), 2)))])[0]
        return max(first, second, key=lambda reading: reading.score)


def batches_of(lines: Sequence[Line]) -> list[list[int]]:
    """The places of lines in batches for `LineReader.read`: each of lines of one width, widest first."""
    by_width: dict[int, list[int]] = {}
    for place, line in enumerate(lines):
        by_width.setdefault(_width_of(line), []).append(place)
    batches = []
    for width, places in sorted(by_width.items(), reverse=True):
        size = max(1, BATCH_WIDTH // width)
        batches += [places[start : start + size] for start in range(0, len(places), size)]
    return batches


def _width_of(line: Line) -> int:
    """The width at which a line is read, turned upright where it is vertical."""
    if line.is_vertical:
        return input_width(line.thickness, line.length)
    return input_width(line.length, line.thickness)
