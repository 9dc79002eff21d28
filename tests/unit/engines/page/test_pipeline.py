"""What the official assembly sees of the models, which a test plays."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import numpy as np
import pytest

from engines.page.options import PageOptions
from engines.page.pipeline import PagePipeline
from engines.preprocess.base import PreprocessOptions
from tests.unit.engines.page.conftest import Models, box

WIDE = np.full((100, 200, 3), 255, np.uint8)
TRIANGLE = [[20.0, 20.0], [180.5, 20.0], [20.0, 90.0]]


@pytest.fixture
def predict(models: Models) -> Any:
    def run(page: np.ndarray = WIDE, **options: Any) -> Any:
        pipeline = PagePipeline(models, version="v1.6", deadline=time.time() + 60)
        [result] = pipeline.predict(page, **PageOptions(**options).predict_arguments())
        return result

    return run


def test_a_page_is_turned_before_its_layout(models: Models, predict: Any) -> None:
    result = predict(useDocOrientationClassify=True).json["res"]
    assert (result["width"], result["height"]) == (100, 200)
    assert models.preprocess_options == PreprocessOptions(use_doc_orientation_classify=True)
    assert result["doc_preprocessor_res"] == {
        "input_path": None,
        "page_index": None,
        "model_settings": {"use_doc_orientation_classify": True, "use_doc_unwarping": False},
        "angle": 90,
    }


def test_the_preprocessor_sees_rgb_and_the_layout_what_it_gave(models: Models, predict: Any) -> None:
    blue = np.zeros((100, 200, 3), np.uint8)
    blue[:, :, 0] = 255
    models.boxes = [box("text", 0, 0, 50, 150)]
    predict(blue, useDocUnwarping=True)
    assert tuple(models.photographed[0, 0]) == (0, 0, 255)
    assert models.crops[0].image.shape == (150, 50, 3)
    assert tuple(models.crops[0].image[0, 0]) == (0, 0, 255)


def test_outlines_are_what_the_official_layout_model_gives(models: Models, predict: Any) -> None:
    models.boxes = [box("text", 20, 20, 181, 90, polygon_points=TRIANGLE)]
    result = predict()
    [found] = result["layout_det_res"]["boxes"]
    assert found["polygon_points"].dtype == np.float32
    assert result.json["res"]["layout_det_res"]["boxes"][0]["polygon_points"] == TRIANGLE


def test_what_lies_outside_an_outline_is_white_in_the_crop(models: Models, predict: Any) -> None:
    models.boxes = [box("text", 20, 20, 181, 90, polygon_points=TRIANGLE)]
    predict(np.zeros((100, 200, 3), np.uint8))
    [crop] = models.crops
    assert crop.image[2, 2].tolist() == [0, 0, 0]
    assert crop.image[-2, -2].tolist() == [255, 255, 255]


def test_figures_of_a_table_have_the_same_names_on_pages_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    figures = [box("image", 40 * place, 5, 40 * place + 30, 35) for place in range(6)]
    boxes = [box("table", 0, 0, 300, 90), *figures]

    def table_crop(_: int) -> bytes:
        models = Models(boxes=boxes)
        pipeline = PagePipeline(models, version="v1.6", deadline=time.time() + 60)
        list(pipeline.predict(np.full((100, 300, 3), 255, np.uint8), **PageOptions().predict_arguments()))
        return models.crops[0].image.tobytes()

    alone = table_crop(0)
    seed, both_seeded = random.seed, Barrier(2)

    def seed_together(value: int) -> None:
        seed(value)
        with suppress(BrokenBarrierError):
            both_seeded.wait(0.3)

    monkeypatch.setattr(random, "seed", seed_together)
    with ThreadPoolExecutor(2) as pool:
        assert set(pool.map(table_crop, range(2))) == {alone}
