"""Both engines in this process: the page pipeline without Triton, for benchmarks, parity and tests."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.errors import EngineError
from engines.layout.base import Box, LayoutEngine, Page
from engines.page.reader import PageReader
from engines.settings import EngineSettings
from engines.table import make_layout, make_vlm
from engines.vlm.base import Crop, Text, VlmEngine


@contextmanager
def local_reader(settings: EngineSettings) -> Iterator[PageReader]:
    """A page reader over engines that are loaded here, and closed with the context."""
    layout, vlm = make_layout(settings), make_vlm(settings)
    layout.load()
    vlm.load()
    try:
        calls = _LocalCalls(layout, vlm)
        yield PageReader(calls.layout, calls.vlm, settings)
    finally:
        layout.close()
        vlm.close()


class _LocalCalls:
    """What the `ocr` model asks of Triton, asked of the engines themselves."""

    def __init__(self, layout: LayoutEngine, vlm: VlmEngine) -> None:
        self._layout = layout
        self._vlm = vlm

    def layout(self, image: NDArray[np.uint8], options: dict[str, Any], _deadline: float) -> list[Box]:
        [found] = self._layout.detect([Page(image, options)])
        if isinstance(found, EngineError):
            raise found
        return found

    def vlm(self, crops: Sequence[Crop], deadline: float) -> list[Text]:
        readings = self._vlm.submit(crops)
        return [reading.result(timeout=max(0.0, deadline - time.time())) for reading in readings]
