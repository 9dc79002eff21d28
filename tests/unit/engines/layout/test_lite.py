from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from engines.errors import EngineFailure, MissingWeights, UnsupportedOption
from engines.layout.base import LABELS, Box, Page
from engines.layout.lite import LiteLayout
from engines.lite.blocks import Block
from engines.lite.rects import Rect
from tests.unit.engines.lite.rendering import page, settings


@pytest.fixture(scope="module")
def layout() -> Iterator[LiteLayout]:
    engine = LiteLayout(settings())
    engine.load()
    yield engine
    engine.close()


def boxes(layout: LiteLayout, name: str, **options: Any) -> list[Box]:
    [found] = layout.detect([Page(page(name), options)])
    assert isinstance(found, list), found
    return found


def test_boxes_are_what_the_page_pipeline_takes(layout: LiteLayout) -> None:
    image = page("04_en_table_grid")
    found = boxes(layout, "04_en_table_grid")
    assert [box["order"] for box in found if box["order"]] == list(
        range(1, 1 + sum(bool(box["order"]) for box in found))
    )
    for box in found:
        x0, y0, x1, y1 = box["coordinate"]
        assert LABELS[box["cls_id"]] == box["label"]
        assert 0 <= x0 < x1 <= image.shape[1]
        assert 0 <= y0 < y1 <= image.shape[0]
        assert 0 < box["score"] <= 1
        assert all(x0 <= x <= x1 and y0 <= y <= y1 for quad in box.get("lines", []) for x, y in quad)


def test_a_page_with_a_table_and_a_figure(layout: LiteLayout) -> None:
    found = boxes(layout, "04_en_table_grid")
    labels = [box["label"] for box in found]
    assert labels.count("table") == labels.count("image") == 1
    assert labels.count("figure_title") == 2
    assert [box.get("unread") for box in found if box["label"] == "image"] == ["figure"]
    [table] = [box for box in found if box["label"] == "table"]
    assert len(table["lines"]) == 20


@pytest.mark.parametrize(("reader", "label"), [("local", "image"), ("server", "display_formula")])
def test_formulas_are_for_a_reader_that_reads_them(monkeypatch: pytest.MonkeyPatch, reader: str, label: str) -> None:
    found = [Block("image", Rect(100, 100, 400, 200), 0.9, unread="formula")]
    monkeypatch.setattr("engines.layout.lite.compose", lambda *_: found)
    engine = LiteLayout(settings().model_copy(update={"vlm_engine": reader}))
    engine.load()
    try:
        [box] = boxes(engine, "01_en_single")
    finally:
        engine.close()
    assert (box["label"], "unread" in box) == (label, reader == "local")


def test_columns_are_read_one_after_the_other(layout: LiteLayout) -> None:
    middle = page("02_en_twocol").shape[1] / 2
    sides = [box["coordinate"][0] > middle for box in boxes(layout, "02_en_twocol") if box["label"] == "text"]
    assert sides == sorted(sides)
    assert len(set(sides)) == 2


def test_a_blank_page_has_no_boxes(layout: LiteLayout) -> None:
    assert [*layout.detect([Page(np.full((2339, 1654, 3), 255, np.uint8))])] == [[]]


@pytest.mark.parametrize("written", ["Hello world 123", "17"])
def test_the_only_line_of_a_page_is_text_wherever_it_stands(layout: LiteLayout, written: str) -> None:
    picture = Image.new("RGB", (500, 300), "white")
    ImageDraw.Draw(picture).text((20, 12), written, fill="black", font=ImageFont.load_default(24))
    [found] = layout.detect([Page(np.asarray(picture))])
    assert isinstance(found, list)
    assert [box["label"] for box in found] == ["text"]


@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (2000, 3), (40, 40)])
def test_odd_sizes_are_pages_too(layout: LiteLayout, size: tuple[int, int]) -> None:
    assert [*layout.detect([Page(np.full((*size, 3), 255, np.uint8))])] == [[]]


def test_a_bad_page_fails_alone(layout: LiteLayout) -> None:
    good = Page(page("05_en_table_lineless"))
    broken = Page(np.zeros((0, 0, 3), np.uint8))
    refused = Page(good.image, {"layout_shape_mode": "poly"})
    first, second, third, fourth = layout.detect([good, broken, refused, good])
    assert first == fourth
    assert isinstance(second, EngineFailure)
    assert isinstance(third, UnsupportedOption)


def test_a_threshold_by_label_takes_regions_of_that_label_only(layout: LiteLayout) -> None:
    labels = {box["label"] for box in boxes(layout, "04_en_table_grid", threshold={"image": 1.0})}
    assert "image" not in labels
    assert "table" in labels


def test_the_unclip_ratio_widens_boxes_about_their_middle(layout: LiteLayout) -> None:
    plain = boxes(layout, "01_en_single")[0]["coordinate"]
    wide = boxes(layout, "01_en_single", layout_unclip_ratio=[1.0, 2.0])[0]["coordinate"]
    assert wide[0] == plain[0]
    assert wide[1] < plain[1]
    assert wide[3] > plain[3]


def test_threads_do_not_disturb_each_other(layout: LiteLayout) -> None:
    names = ["01_en_single", "02_en_twocol", "05_en_table_lineless"] * 2
    alone = [boxes(layout, name) for name in names]
    with ThreadPoolExecutor(len(names)) as threads:
        assert list(threads.map(lambda name: boxes(layout, name), names)) == alone


def test_missing_weights_are_named_at_load(tmp_path: Path) -> None:
    engine = LiteLayout(settings().model_copy(update={"lite_weights": tmp_path}))
    with pytest.raises(MissingWeights, match="make setup"):
        engine.load()


def test_a_closed_engine_says_so() -> None:
    engine = LiteLayout(settings())
    engine.load()
    engine.close()
    [answer] = engine.detect([Page(page("01_en_single"))])
    assert isinstance(answer, EngineFailure)
