"""All engines in this process: the page pipeline without Triton, for benchmarks, parity and tests."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from engines.errors import EngineError
from engines.layout.base import Box, LayoutEngine, Page
from engines.page.reader import PageReader
from engines.preprocess.base import Prepared, PreprocessEngine, PreprocessOptions, RawPage
from engines.settings import EngineSettings
from engines.table import make_layout, make_preprocess, make_vlm
from engines.vlm.base import Crop, Text, VlmEngine

T = TypeVar("T")


@contextmanager
def local_reader(settings: EngineSettings) -> Iterator[PageReader]:
    """A page reader over engines that are loaded here, and closed with the context."""
    with ExitStack() as opened:
        preprocess, layout, vlm = make_preprocess(settings), make_layout(settings), make_vlm(settings)
        for engine in (preprocess, layout, vlm):
            engine.load()
            opened.callback(engine.close)
        yield PageReader(_LocalModels(preprocess, layout, vlm), settings)


class _LocalModels:
    """What the `ocr` model asks of Triton, asked of the engines themselves. Only `vlm` stops at the deadline."""

    def __init__(self, preprocess: PreprocessEngine, layout: LayoutEngine, vlm: VlmEngine) -> None:
        self._preprocess = preprocess
        self._layout = layout
        self._vlm = vlm

    def preprocess(self, image: NDArray[np.uint8], options: PreprocessOptions, _deadline: float) -> Prepared:
        [prepared] = self._preprocess.prepare([RawPage(image, options)])
        return _or_raise(prepared)

    def layout(self, image: NDArray[np.uint8], options: dict[str, Any], _deadline: float) -> list[Box]:
        [found] = self._layout.detect([Page(image, options)])
        return _or_raise(found)

    def vlm(self, crops: Sequence[Crop], deadline: float) -> list[Text]:
        readings = self._vlm.submit(crops)
        return [reading.result(timeout=max(0.0, deadline - time.time())) for reading in readings]


def _or_raise(outcome: T | EngineError) -> T:
    if isinstance(outcome, EngineError):
        raise outcome
    return outcome
