"""Pages turned and flattened, beside PaddleX's own document preprocessor on the same made weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from engines.errors import EngineFailure, UnsupportedOption
from engines.page.official import official_config
from engines.preprocess.base import UNKNOWN_ANGLE, Prepared, PreprocessEngine, PreprocessOptions, RawPage
from engines.preprocess.paddle import BATCH, PaddlePreprocess
from engines.settings import EngineSettings
from engines.table import make_preprocess
from engines.weights.folder import find_weights

TURN = PreprocessOptions(use_doc_orientation_classify=True)
FLATTEN = PreprocessOptions(use_doc_unwarping=True)
BOTH = PreprocessOptions(use_doc_orientation_classify=True, use_doc_unwarping=True)


def photographed(turns: int, width: int = 600, height: int = 840) -> np.ndarray:
    """A page with a dark head and lines of text, turned by so many quarters; RGB."""
    page = np.full((height, width, 3), 255, np.uint8)
    page[: height // 6] = (30, 60, 90)
    for y in range(height // 4, height - 40, 30):
        cv2.line(page, (40, y), (width - 40 - y % 90, y), (0, 0, 0), 4)
    return np.ascontiguousarray(np.rot90(page, turns))


PAGES = [photographed(turns) for turns in range(4)] + [photographed(1, 501, 777), photographed(2, 333, 512)]


@pytest.fixture(scope="module")
def settings(made_weights: Path) -> EngineSettings:
    return EngineSettings(engine="paddle", model_dir=made_weights, device="cpu")


@pytest.fixture(scope="module")
def engine(settings: EngineSettings) -> Iterator[PreprocessEngine]:
    engine = make_preprocess(settings)
    engine.load()
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def official(engine: PreprocessEngine, settings: EngineSettings) -> Callable[..., Any]:
    """PaddleX's pipeline, as the one inside the official page pipeline."""
    from paddlex import create_pipeline

    weights = find_weights(settings)
    assert weights.orientation
    assert weights.unwarping
    config = deepcopy(official_config(weights.version)["SubPipelines"]["DocPreprocessor"])
    config["SubModules"]["DocOrientationClassify"]["model_dir"] = str(weights.orientation.path)
    config["SubModules"]["DocUnwarping"]["model_dir"] = str(weights.unwarping.path)
    pipeline = create_pipeline(config=config, device="cpu")

    def prepare(image: np.ndarray, options: Any) -> tuple[int, np.ndarray]:
        [result] = pipeline(
            [cv2.cvtColor(image, cv2.COLOR_RGB2BGR)],
            use_doc_orientation_classify=options.use_doc_orientation_classify,
            use_doc_unwarping=options.use_doc_unwarping,
        )
        return result["angle"], cv2.cvtColor(np.ascontiguousarray(result["output_img"]), cv2.COLOR_BGR2RGB)

    return prepare


def prepared(engine: PreprocessEngine, *pages: RawPage) -> list[Prepared]:
    found = engine.prepare(pages)
    assert all(isinstance(page, Prepared) for page in found), found
    return found


def test_a_batch_is_prepared_as_the_official_pipeline_does_each_alone(engine: Any, official: Any) -> None:
    pages = [RawPage(image, options) for image in PAGES for options in (TURN, FLATTEN, BOTH)]
    assert len(pages) > 2 * BATCH
    for page, done in zip(pages, prepared(engine, *pages), strict=True):
        angle, image = official(page.image, page.options)
        assert done.angle == angle
        assert np.array_equal(done.image, image)


def test_turned_pages_come_out_upright(engine: Any) -> None:
    upright, *turned = prepared(engine, *(RawPage(image, TURN) for image in PAGES[:4]))
    assert np.array_equal(upright.image, PAGES[0])
    assert sorted(page.angle for page in (upright, *turned)) == [0, 90, 180, 270]
    for page in turned:
        assert page.image.shape == PAGES[0].shape
        assert np.abs(page.image[5:-5, 5:-5].astype(int) - PAGES[0][5:-5, 5:-5]).mean() < 20


def test_unwarping_changes_the_picture_and_not_its_angle(engine: Any) -> None:
    [flat] = prepared(engine, RawPage(PAGES[0], FLATTEN))
    assert flat.angle == UNKNOWN_ANGLE
    assert not np.array_equal(flat.image, PAGES[0])


def test_a_page_that_asks_for_nothing_stays_as_it_is(engine: Any) -> None:
    [same] = prepared(engine, RawPage(PAGES[1]))
    assert same.angle == UNKNOWN_ANGLE
    assert np.array_equal(same.image, PAGES[1])


def test_a_page_without_pixels_fails_alone(engine: Any) -> None:
    good = RawPage(PAGES[1], BOTH)
    first, broken, last = engine.prepare([good, RawPage(np.zeros((0, 0, 3), np.uint8), good.options), good])
    assert isinstance(broken, EngineFailure)
    assert first.angle == last.angle
    assert np.array_equal(first.image, last.image)


def test_a_page_on_which_the_model_fails_fails_alone(engine: PaddlePreprocess, monkeypatch: Any) -> None:
    classify = engine._orientation

    def fails_on_one(images: Any, **more: Any) -> Any:
        if any(image.shape[:2] == PAGES[4].shape[:2] for image in images):
            raise RuntimeError("out of memory")
        return classify(images, **more)

    monkeypatch.setattr(engine, "_orientation", fails_on_one)
    outcomes = engine.prepare([RawPage(image, TURN) for image in PAGES])
    assert [isinstance(outcome, EngineFailure) for outcome in outcomes] == [place == 4 for place in range(len(PAGES))]


def test_threads_do_not_disturb_each_other(engine: Any) -> None:
    pages = [RawPage(image, BOTH) for image in PAGES * 3]
    alone = [prepared(engine, page)[0] for page in pages]
    with ThreadPoolExecutor(len(pages)) as threads:
        together = list(threads.map(lambda page: prepared(engine, page)[0], pages))
    assert all(np.array_equal(one.image, other.image) for one, other in zip(alone, together, strict=True))


@pytest.mark.parametrize(("options", "model"), [(TURN, "PP-LCNet_x1_0_doc_ori"), (FLATTEN, "UVDoc")])
def test_without_weights_a_page_is_told_which_are_missing(made_weights_v1: Path, options: Any, model: str) -> None:
    engine = make_preprocess(EngineSettings(engine="paddle", model_dir=made_weights_v1))
    engine.load()
    refused, same = engine.prepare([RawPage(PAGES[0], options), RawPage(PAGES[0])])
    assert isinstance(refused, UnsupportedOption)
    assert model in str(refused)
    assert isinstance(same, Prepared)


def test_one_model_of_the_two_is_enough_for_its_step(made_weights: Path, made_weights_v1: Path, tmp_path: Path) -> None:
    for model in (*made_weights_v1.glob("*/inference.yml"), made_weights / "UVDoc" / "inference.yml"):
        (tmp_path / model.parent.name).symlink_to(model.parent)
    engine = make_preprocess(EngineSettings(engine="paddle", model_dir=tmp_path))
    engine.load()
    flat, refused = engine.prepare([RawPage(PAGES[0], FLATTEN), RawPage(PAGES[0], BOTH)])
    assert isinstance(flat, Prepared)
    assert isinstance(refused, UnsupportedOption)
    assert "useDocOrientationClassify" in str(refused)
