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

    def __init__(
        self, recogniser: TextRecogniser, cyrillic: CyrillicReader, companion: TextRecogniser | None = None
    ) -> None:
        """Read with `recogniser`; `companion` reads what is not Cyrillic in Cyrillic lines, where that is another."""
        self._recogniser = recogniser
        self._cyrillic = cyrillic
        self._companion = companion

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
        """What is written beside the Cyrillic in a line: the companion's reading, or the `first` if there is none."""
        if self._companion is None:
            return first
        return self._companion.read([prepare(cut_out(image, line), _width_of(line))])[0]

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
