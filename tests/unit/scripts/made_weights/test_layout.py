"""The made layout models find what is painted, through PaddleX's own predictor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.layout.base import LABELS
from scripts.made_weights.pages import Page, Panel, draw
from scripts.made_weights.palette import PLACES, colour, score
from scripts.made_weights.standard_pages import STANDARD_PAGES, standard_page
from tests.unit.scripts.made_weights.conftest import Open

OFFICIAL = {"threshold": 0.3, "layout_nms": True, "filter_overlap_boxes": False}
"""What the official page pipeline passes."""
MODELS = ("PP-DocLayoutV2", "PP-DocLayoutV3")


@pytest.fixture(params=MODELS)
def layout(request: Any, opened: Open, made_weights: Path, made_weights_v1: Path) -> Any:
    return opened(made_weights_v1 if request.param == "PP-DocLayoutV2" else made_weights, request.param)


@pytest.fixture
def v3(opened: Open, made_weights: Path) -> Any:
    return opened(made_weights, "PP-DocLayoutV3")


def detected(layout: Any, *images: np.ndarray, **options: Any) -> list[list[dict[str, Any]]]:
    pages = [np.ascontiguousarray(image[:, :, ::-1]) for image in images]
    return [page["boxes"] for page in layout.predict(pages, batch_size=len(pages), **{**OFFICIAL, **options})]


def in_order(page: Page) -> list[Panel]:
    return sorted(page.panels, key=lambda panel: panel.place)


@pytest.mark.parametrize("page", STANDARD_PAGES, ids=lambda page: page.name)
def test_each_panel_is_found_in_its_place_and_nothing_else(layout: Any, page: Page) -> None:
    [boxes] = detected(layout, draw(page))
    panels = in_order(page)
    assert [box["label"] for box in boxes] == [panel.label for panel in panels]
    # Half a pixel of the model's on each side; the pointed corners of leaning panels lose more.
    near = (5 if page.name == "outlines" else 2) + 0.5 * max(page.width, page.height) / 800
    for box, panel in zip(boxes, panels, strict=True):
        assert box["coordinate"] == pytest.approx(panel.box, abs=near)
        assert box["score"] == pytest.approx(score(panel.place), abs=1e-4)


def test_the_standard_pages_have_every_label() -> None:
    assert {panel.label for page in STANDARD_PAGES for panel in page.panels} == set(LABELS)


def test_each_label_is_found_in_each_place(layout: Any) -> None:
    for first in range(0, PLACES, 8):
        panels = [
            Panel(LABELS[(7 * place) % 25], (40, 20 + 90 * row, 600, 90 + 90 * row), place)
            for row, place in enumerate(range(first, first + 8))
        ]
        [boxes] = detected(layout, draw(Page("places", 640, 780, tuple(panels))))
        assert [box["label"] for box in boxes] == [panel.label for panel in panels]


def test_a_page_has_the_same_boxes_in_any_batch(layout: Any) -> None:
    images = [draw(page) for page in STANDARD_PAGES[:5]]
    alone = [detected(layout, image)[0] for image in images]
    assert str(detected(layout, *images)) == str(alone)
    assert str(detected(layout, *reversed(images))) == str(alone[::-1])


def test_the_threshold_leaves_out_the_last_places(layout: Any) -> None:
    image = draw(standard_page("every label"))
    [few] = detected(layout, image, threshold=0.8)
    assert 5 < len(few) < len(LABELS)
    assert all(box["score"] > 0.8 for box in few)


@pytest.mark.parametrize(("mode", "corners"), [("auto", (4, 4, 4, 4, 20, 4)), ("poly", (4, 4, 4, 4, 20, 20))])
def test_v3_outlines_what_leans_and_what_is_round(v3: Any, mode: str, corners: tuple[int, ...]) -> None:
    page = standard_page("outlines")
    [boxes] = detected(v3, draw(page), layout_shape_mode=mode)
    outlines = [np.asarray(box["polygon_points"]) for box in boxes]
    assert [min(len(outline), 20) for outline in outlines] == list(corners)
    upright = [len({*outline[:, 0]}) == 2 for outline in outlines]
    turned = {"tilted", "oval"} if mode == "auto" else {"tilted", "oval", "slanted", "round"}
    assert upright == [panel.outline not in turned for panel in in_order(page)]


def test_v2_has_no_outlines(opened: Open, made_weights_v1: Path) -> None:
    [boxes] = detected(opened(made_weights_v1, "PP-DocLayoutV2"), draw(standard_page("outlines")))
    assert not any("polygon_points" in box for box in boxes)


def test_colours_in_the_wrong_order_are_not_found(layout: Any) -> None:
    [boxes] = detected(layout, draw(standard_page("article"))[:, :, ::-1])
    assert [box["label"] for box in boxes] != [panel.label for panel in in_order(standard_page("article"))]


def test_a_page_says_what_can_not_be_painted() -> None:
    with pytest.raises(ValueError, match="same place"):
        draw(Page("twice", 400, 400, (Panel("text", (0, 0, 90, 90), 1), Panel("table", (100, 100, 190, 190), 1))))
    with pytest.raises(ValueError, match="places 0 to 39"):
        colour("text", PLACES)
    with pytest.raises(ValueError, match="no colour"):
        colour("paragraph", 0)
