"""What was found on a page is drawn, by the names of the official server, and only where that is asked for."""

from __future__ import annotations

import time

import cv2
import numpy as np
import pytest

from engines.page.decoding import decode
from engines.page.drawings import LARGEST_SIDE, drawings
from engines.page.options import PageOptions
from engines.page.pipeline import PagePipeline
from engines.page.reader import PageReader
from engines.settings import EngineSettings
from engines.vlm.base import Text
from tests.unit.engines.page.conftest import Models, box


@pytest.fixture
def draw(models: Models):
    def draw(page: bytes, **options: object) -> dict[str, np.ndarray]:
        pixels = decode(page, 10_000_000)
        pipeline = PagePipeline(models, version="v1.6", deadline=time.time() + 60)
        [result] = pipeline.predict(pixels, **PageOptions.from_values(options).predict_arguments())
        return {
            name: cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
            for name, data in drawings(pixels, result).items()
        }

    return draw


def changed(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Where two pictures differ by more than JPEG does."""
    return (np.abs(one.astype(int) - other) > 60).any(axis=2)


def test_nothing_is_drawn_unless_asked_for(models, page):
    reader = PageReader(models, EngineSettings(engine="lite", model_dir=None))
    asked, not_asked = (reader.read(page, PageOptions(visualize=value)) for value in (True, False))
    assert list(asked.drawings) == ["input_img", "layout_det_res"]
    assert not_asked.drawings == {}


def test_a_box_is_drawn_where_it_is(draw, models, page):
    models.boxes = [box("text", 100, 200, 300, 400)]
    drawn = draw(page)
    assert list(drawn) == ["input_img", "layout_det_res"]
    assert drawn["input_img"].shape == drawn["layout_det_res"].shape == (600, 400, 3)
    where = np.argwhere(changed(drawn["input_img"], drawn["layout_det_res"]))
    top, left = where.min(axis=0)
    bottom, right = where.max(axis=0)
    # The label stands above the box, its number at the right.
    assert 170 <= top < 200
    assert 98 <= left <= 101
    assert 399 <= bottom <= 402
    assert 299 <= right <= 330


def test_an_outline_is_filled(draw, models, page):
    outline = [[100.0, 200.0], [300.0, 200.0], [300.0, 400.0], [100.0, 400.0]]
    models.boxes = [box("text", 100, 200, 300, 400, polygon_points=outline)]
    drawn = draw(page)
    assert changed(drawn["input_img"], drawn["layout_det_res"])[300, 200]


def test_a_turned_page_shows_how_it_was_turned(draw, models, page):
    drawn = draw(page, useDocOrientationClassify=True)
    assert list(drawn) == ["input_img", "preprocessed_img", "layout_det_res"]
    assert drawn["layout_det_res"].shape == (400, 600, 3)
    # As it came, turned, and flattened, side by side over a line of text.
    assert drawn["preprocessed_img"].shape == (625, 400 + 600 + 600, 3)


def test_spotted_text_is_drawn_beside_the_page(draw, models, page):
    models.answer = Text(
        "Word<|LOC_100|><|LOC_100|><|LOC_400|><|LOC_100|><|LOC_400|><|LOC_200|><|LOC_100|><|LOC_200|>", tokens=9
    )
    drawn = draw(page, useLayoutDetection=False, promptLabel="spotting")
    assert list(drawn) == ["input_img", "spotting_res_img"]
    assert drawn["spotting_res_img"].shape == (600, 800, 3)


def test_without_layout_the_page_stands_alone(draw, page):
    assert list(draw(page, useLayoutDetection=False)) == ["input_img"]


def test_large_drawings_are_made_smaller(draw, models):
    large = cv2.imencode(".png", np.full((1000, 2500, 3), 255, np.uint8))[1].tobytes()
    models.boxes = [box("text", 100, 200, 300, 400)]
    assert {picture.shape for picture in draw(large).values()} == {(800, LARGEST_SIDE, 3)}
