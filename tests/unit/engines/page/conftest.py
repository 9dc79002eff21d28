"""Models of a page that answer what a test says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import pytest

from engines.layout.base import LABELS, Box
from engines.preprocess.base import Prepared, PreprocessOptions
from engines.settings import EngineSettings
from engines.vlm.base import Crop, Text


def box(label: str, *coordinate: float, **more: Any) -> Box:
    return Box(cls_id=LABELS.index(label), label=label, score=0.9, coordinate=list(coordinate), order=None, **more)


@dataclass
class Models:
    """Plays the models: gives the boxes, answers each prompt with a text, and keeps what it was asked.

    As a preprocessor it turns the page once to the left.
    """

    boxes: list[Box] = field(default_factory=list)
    answer: Text = field(default_factory=lambda: Text("some text", tokens=9))
    preprocess_options: PreprocessOptions | None = None
    photographed: np.ndarray | None = None
    layout_options: dict[str, Any] = field(default_factory=dict)
    crops: list[Crop] = field(default_factory=list)

    def preprocess(self, image: np.ndarray, options: PreprocessOptions, deadline: float) -> Prepared:
        self.preprocess_options, self.photographed = options, image
        return Prepared(np.ascontiguousarray(np.rot90(image)), 90)

    def layout(self, image: np.ndarray, options: dict[str, Any], deadline: float) -> list[Box]:
        self.layout_options = options
        return self.boxes

    def vlm(self, crops: Sequence[Crop], deadline: float) -> list[Text]:
        self.crops = list(crops)
        return [self.answer for _ in crops]


@pytest.fixture
def models() -> Models:
    return Models()


@pytest.fixture(scope="session")
def page() -> bytes:
    """A white PNG, 400 wide and 600 high, with a red square at the top left."""
    pixels = np.full((600, 400, 3), 255, np.uint8)
    pixels[:50, :50] = (0, 0, 255)
    return cv2.imencode(".png", pixels)[1].tobytes()


@pytest.fixture
def result(models, page):
    """Results of pages, by their boxes and the one text that is read in all of them."""
    # PaddleX looks at its environment as it is imported: not before the tests are configured.
    from engines.page.options import PageOptions
    from engines.page.reader import PageReader

    def read(text: str, *boxes):
        models.boxes, models.answer = list(boxes), Text(text, tokens=1)
        return PageReader(models, EngineSettings()).read(page, PageOptions()).result

    return read
