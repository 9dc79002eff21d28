"""PP-DocLayout as a layout engine, beside PaddleX's own predictor on the same made weights."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from engines.errors import BadOption, BadSetting, EngineFailure, MissingWeights, UnsupportedOption
from engines.layout.base import LABELS, Page
from engines.layout.official_model import OfficialModel
from engines.layout.paddle import CPU_BATCH, GPU_BATCH, PaddleLayout
from engines.paddlex_models import open_predictor
from engines.page.official import layout_arguments
from engines.settings import EngineSettings
from engines.weights.folder import find_weights
from tests.unit.engines.layout.panels import ARTICLE, BLANK, NESTED, SLANTED, Image

PAGES = (ARTICLE, NESTED, SLANTED, BLANK)
TEXT, IMAGE = LABELS.index("text"), LABELS.index("image")
OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"threshold": 0.95},
    {"threshold": {TEXT: 0.96, IMAGE: 0.99}},
    {"layout_nms": True},
    {"layout_unclip_ratio": 1.1},
    {"layout_unclip_ratio": (1.3, 1.0)},
    {"layout_unclip_ratio": {TEXT: (1.2, 1.4)}},
    {"layout_merge_bboxes_mode": "large"},
    {"layout_merge_bboxes_mode": "small"},
    {"layout_merge_bboxes_mode": "union"},
    {"layout_merge_bboxes_mode": {IMAGE: "small", TEXT: "large"}},
    {"layout_shape_mode": "rect"},
    {"layout_shape_mode": "auto", "filter_overlap_boxes": False},
    {"filter_overlap_boxes": False, "layout_merge_bboxes_mode": "union"},
)
OUTLINES: tuple[dict[str, Any], ...] = ({"layout_shape_mode": "quad"}, {"layout_shape_mode": "poly"})


@dataclass(frozen=True)
class Pair:
    """The engine and the official predictor, on the same weights; `lenient` was made without suppression."""

    engine: PaddleLayout
    official: Callable[..., str]
    lenient: Callable[..., str]
    options: tuple[dict[str, Any], ...]

    def found(self, image: Image, **options: Any) -> list[Any]:
        [boxes] = self.engine.detect([Page(image, options)])
        assert isinstance(boxes, list), boxes
        return boxes


def official(settings: EngineSettings, **made_with: Any) -> Callable[..., str]:
    """PaddleX's predictor as the official pipeline makes it; an image and options to what it finds, as JSON."""
    weights = find_weights(settings)
    predictor = open_predictor(weights.layout, settings, **{**layout_arguments(weights.version), **made_with})

    def find(image: Image, **options: Any) -> str:
        [found] = predictor([cv2.cvtColor(image, cv2.COLOR_RGB2BGR)], **options)
        return json.dumps(list(found["boxes"]), default=np.ndarray.tolist)

    return find


@pytest.fixture(scope="module", params=["v1", "v1.6"])
def pair(request: pytest.FixtureRequest, made_weights: Path, made_weights_v1: Path) -> Iterator[Pair]:
    folder = made_weights_v1 if request.param == "v1" else made_weights
    settings = EngineSettings(engine="paddle", model_dir=folder, device="cpu")
    engine = PaddleLayout(settings)
    engine.load()
    options = OPTIONS if request.param == "v1" else OPTIONS + OUTLINES
    yield Pair(engine, official(settings), official(settings, layout_nms=False), options)
    engine.close()


@pytest.mark.parametrize("batch", [CPU_BATCH, GPU_BATCH])
def test_pages_of_a_batch_get_what_the_official_model_gives_each_alone(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(pair.engine, "_batch", batch)
    pages = [Page(image, options) for image in PAGES for options in pair.options]
    assert len(pages) > 3 * GPU_BATCH
    together = list(pair.engine.detect(pages))
    for page, boxes in zip(pages, together, strict=True):
        assert json.dumps(boxes) == pair.official(page.image, **page.options), page.options
    assert [pair.found(page.image, **page.options) for page in pages[::5]] == together[::5]


def test_a_page_does_not_wait_for_those_behind_it(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    infer = OfficialModel.infer

    def counted(self: OfficialModel, pages: Any) -> Any:
        seen.append(len(pages))
        return infer(self, pages)

    monkeypatch.setattr(OfficialModel, "infer", counted)
    found = pair.engine.detect([Page(image) for image in PAGES])
    assert next(found)
    assert seen == [CPU_BATCH]
    assert len(list(found)) == len(PAGES) - 1
    assert sum(seen) == len(PAGES)


def test_the_options_of_these_tests_make_a_difference(pair: Pair) -> None:
    for image, least in ((ARTICLE, 6), (NESTED, 6), (SLANTED, 5)):
        answers = {json.dumps(pair.found(image, **options)) for options in pair.options}
        assert len(answers) >= least


def test_boxes_are_in_reading_order_with_labels_and_whole_pixels(pair: Pair) -> None:
    found = pair.found(ARTICLE)
    assert [box["label"] for box in found][:3] == ["doc_title", "header", "text"]
    assert [box["order"] for box in found][:3] == [1, None, 2]
    for box, (x1, y1, x2, y2) in zip(found[:1], [(50, 30, 840, 90)], strict=True):
        assert np.allclose(box["coordinate"], (x1, y1, x2, y2), atol=4)
        assert all(type(value) is int for value in box["coordinate"])
    assert pair.found(BLANK) == []


def test_no_suppression_is_honoured_where_the_official_predictor_overlooks_it(pair: Pair) -> None:
    boxes = json.dumps(pair.found(NESTED, layout_nms=False, filter_overlap_boxes=False))
    assert boxes == pair.lenient(NESTED, filter_overlap_boxes=False)
    assert boxes != pair.official(NESTED, layout_nms=False, filter_overlap_boxes=False)


def test_an_empty_dictionary_of_modes_merges_nothing(pair: Pair) -> None:
    assert pair.found(NESTED, layout_merge_bboxes_mode={}) == pair.found(NESTED, layout_merge_bboxes_mode="union")
    assert pair.found(NESTED, layout_merge_bboxes_mode={}) != pair.found(NESTED, layout_merge_bboxes_mode="large")


def test_classes_are_named_by_number_digits_or_label(pair: Pair) -> None:
    expected = pair.found(ARTICLE, threshold={TEXT: 0.96})
    assert len(expected) < len(pair.found(ARTICLE))
    assert pair.found(ARTICLE, threshold={str(TEXT): 0.96}) == expected
    assert pair.found(ARTICLE, threshold={"text": 0.96}) == expected
    both_sides = pair.found(ARTICLE, layout_unclip_ratio={"text": (1.5, 1.5)})
    assert pair.found(ARTICLE, layout_unclip_ratio={"text": 1.5}) == both_sides


@pytest.mark.parametrize(
    "options",
    [
        {"treshold": 0.5},
        {"threshold": 1.5},
        {"threshold": {"headline": 0.5}},
        {"threshold": {25: 0.5}},
        {"layout_unclip_ratio": 0},
        {"layout_unclip_ratio": [1, 2, 3]},
        {"layout_merge_bboxes_mode": "largest"},
        {"layout_merge_bboxes_mode": {"image": "largest"}},
        {"layout_shape_mode": "round"},
    ],
)
def test_a_wrong_option_fails_its_page_alone(pair: Pair, options: dict[str, Any]) -> None:
    good = Page(ARTICLE)
    first, wrong, last = pair.engine.detect([good, Page(NESTED, options), good])
    assert isinstance(wrong, BadOption)
    assert next(iter(options)) in str(wrong)
    assert first == last == pair.found(ARTICLE)


def test_outlines_are_refused_of_a_model_that_finds_rectangles(made_weights_v1: Path) -> None:
    engine = PaddleLayout(EngineSettings(engine="paddle", model_dir=made_weights_v1, device="cpu"))
    engine.load()
    refused, found = engine.detect([Page(SLANTED, {"layout_shape_mode": "poly"}), Page(SLANTED)])
    assert isinstance(refused, UnsupportedOption)
    assert isinstance(found, list)


def test_a_page_without_pixels_fails_alone(pair: Pair) -> None:
    empty, found = pair.engine.detect([Page(np.zeros((0, 0, 3), np.uint8)), Page(ARTICLE)])
    assert isinstance(empty, EngineFailure)
    assert found == pair.found(ARTICLE)


def test_a_page_on_which_the_model_fails_fails_alone(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    infer = OfficialModel.infer

    def fails_on_wide_pages(self: OfficialModel, pages: Any) -> Any:
        if any(page["ori_img_size"] == [1000, 800] for page in pages):
            raise RuntimeError("out of memory")
        return infer(self, pages)

    expected = pair.found(ARTICLE)
    monkeypatch.setattr(OfficialModel, "infer", fails_on_wide_pages)
    first, failed, last = pair.engine.detect([Page(ARTICLE), Page(NESTED), Page(ARTICLE)])
    assert isinstance(failed, EngineFailure)
    assert "1000 x 800" in str(failed)
    assert first == last == expected


def test_threads_do_not_disturb_each_other(pair: Pair) -> None:
    images = PAGES * 4
    alone = [pair.found(image) for image in images]
    with ThreadPoolExecutor(len(images)) as threads:
        assert list(threads.map(pair.found, images)) == alone


def test_missing_weights_stop_the_start(tmp_path: Path) -> None:
    with pytest.raises(MissingWeights):
        PaddleLayout(EngineSettings(engine="paddle", model_dir=tmp_path)).load()


def test_a_gpu_that_is_not_there_stops_the_start(made_weights: Path) -> None:
    settings = EngineSettings(engine="paddle", model_dir=made_weights, device="gpu:7")
    with pytest.raises(BadSetting, match="DEVICE=gpu:7"):
        PaddleLayout(settings).load()
