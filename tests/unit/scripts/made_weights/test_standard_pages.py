"""The standard pages make the official page pipeline do what they are there for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scripts.made_weights.pages import draw
from scripts.made_weights.standard_pages import STANDARD_PAGES, standard_page
from tests.unit.scripts.made_weights.conftest import Open
from tests.unit.scripts.made_weights.test_layout import detected


@pytest.fixture(params=["PP-DocLayoutV2", "PP-DocLayoutV3"])
def layout(request: Any, opened: Open, made_weights: Path, made_weights_v1: Path) -> Any:
    return opened(made_weights_v1 if request.param == "PP-DocLayoutV2" else made_weights, request.param)


def blocks(layout: Any, name: str) -> list[dict[str, Any]]:
    """The page's crops, as the pipeline makes them."""
    from paddlex.inference.pipelines.components import CropByBoxes

    image = np.ascontiguousarray(draw(standard_page(name))[:, :, ::-1])
    [boxes] = detected(layout, image[:, :, ::-1])
    return list(CropByBoxes()(image, boxes))


def test_columns_are_joined_beside_each_other_and_round_a_picture(layout: Any) -> None:
    from paddlex.inference.pipelines.paddleocr_vl.uilts import merge_blocks

    merged = merge_blocks(blocks(layout, "columns"), non_merge_labels=["image", "table"])
    groups = [
        tuple(block["box"][1] // 10 for block in merged if block.get("group_id") == group and block["label"] == "text")
        for group in range(len(merged))
    ]
    assert [group for group in groups if len(group) > 1] == [(12, 12), (48, 64)]
    assert sum(block.get("merge_aligns") == ["center"] for block in merged) == 1
    assert sum(block.get("merge_aligns") == ["left"] for block in merged) == 1


def test_a_picture_in_a_table_becomes_a_token_of_it(layout: Any) -> None:
    from paddlex.inference.pipelines.paddleocr_vl.uilts import tokenize_figure_of_table

    tables = [block for block in blocks(layout, "tables") if block["label"] == "table"]
    figures = [
        {"coordinate": block["box"], "path": f"{place}.jpg"}
        for place, block in enumerate(blocks(layout, "tables"))
        if block["label"] in ("image", "seal", "chart")
    ]
    inside = [len(tokenize_figure_of_table(table["img"], table["box"], figures)[1]) for table in tables]
    assert inside == [1, 2, 0]


def test_the_pages_have_the_sizes_and_the_oddities_that_they_promise() -> None:
    assert len({(page.width, page.height) for page in STANDARD_PAGES}) == len(STANDARD_PAGES)
    assert not standard_page("blank").panels
    tops = [panel.box[1] for panel in sorted(standard_page("upwards").panels, key=lambda panel: panel.place)]
    assert tops == sorted(tops, reverse=True)
