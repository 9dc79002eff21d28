"""The made models that turn and flatten pages, through PaddleX's own predictors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scripts.made_weights.pages import draw, turned
from scripts.made_weights.preprocessing import ANGLES
from scripts.made_weights.standard_pages import standard_page
from tests.unit.scripts.made_weights.conftest import Open

PAGE = standard_page("headed")


@pytest.fixture
def orientation(opened: Open, made_weights: Path) -> Any:
    return opened(made_weights, "PP-LCNet_x1_0_doc_ori")


@pytest.fixture
def unwarping(opened: Open, made_weights: Path) -> Any:
    return opened(made_weights, "UVDoc")


def test_each_turn_of_a_page_is_told(orientation: Any) -> None:
    pages = [turned(draw(PAGE), angle)[:, :, ::-1].copy() for angle in ANGLES]
    answers = list(orientation.predict(pages, batch_size=4))
    assert [answer["label_names"] for answer in answers] == [[str(angle)] for angle in ANGLES]
    assert all(answer["scores"][0] > 0.9 for answer in answers)


def test_turning_by_the_answer_makes_a_page_upright(orientation: Any) -> None:
    from paddlex.inference.pipelines.components import rotate_image

    upright = draw(PAGE)
    for angle in ANGLES:
        askew = turned(upright, angle)
        [answer] = orientation.predict([askew[:, :, ::-1].copy()])
        again = rotate_image(askew, int(answer["label_names"][0]))
        assert again.shape == upright.shape
        assert np.abs(again[5:-5, 5:-5].astype(int) - upright[5:-5, 5:-5]).mean() < 10


def test_a_page_without_a_sign_stays_as_it_is(orientation: Any) -> None:
    [answer] = orientation.predict([draw(standard_page("blank"))])
    assert answer["label_names"] == ["0"]


@pytest.mark.parametrize("name", ["headed", "landscape", "article"])
def test_a_flattened_page_is_another_with_the_same_panels(
    unwarping: Any, opened: Open, made_weights: Path, name: str
) -> None:
    page = standard_page(name)
    image = draw(page)[:, :, ::-1].copy()
    [answer] = unwarping.predict([image])
    flat = answer["doctr_img"]
    assert flat.shape == image.shape
    assert flat.dtype == np.uint8
    assert (flat[:, :, ::-1] != image).any()
    # PaddleX's pipeline turns the colours of what the predictor gives.
    [found] = opened(made_weights, "PP-DocLayoutV3").predict([np.ascontiguousarray(flat[:, :, ::-1])], threshold=0.3)
    assert [box["label"] for box in found["boxes"]] == [panel.label for panel in page.panels]
