from __future__ import annotations

import numpy as np
import pytest

from engines.lite.blocks import compose
from engines.lite.lines import Line
from engines.lite.rects import Rect
from engines.lite.region_detection import Kind, Region
from engines.lite.regions import is_tabular, sort_lines
from tests.unit.engines.lite.drawing import column, ink, line, paper

PAGE = Rect(0, 0, 800, 1000)
RECEIPT = [
    part for top in range(100, 900, 40) for part in (line(50, top, 150, top + 20), line(600, top, 700, top + 20))
]


def labels(lines: list[Line], regions: list[Region], image: np.ndarray | None = None) -> list[str]:
    page = paper() if image is None else image
    return [block.label for block in compose(lines, sort_lines(lines, regions, page), page.shape[1])]


def grid() -> np.ndarray:
    image = paper()
    for y in range(200, 401, 50):
        ink(image, 100, y, 700, y + 2)
    for x in range(100, 701, 200):
        ink(image, x, 200, x + 2, 402)
    return image


def test_a_receipt_taken_for_a_figure_becomes_one_block_of_text() -> None:
    [block] = compose(RECEIPT, sort_lines(RECEIPT, [Region("figure", 0.93, PAGE)], paper()), 800)
    assert block.label == "text"
    assert len(block.lines) == len(RECEIPT)


def test_a_figure_with_few_words_stays_and_its_words_are_kept() -> None:
    words = [line(300, 300, 380, 320)]
    assert sorted(labels(words, [Region("figure", 0.9, Rect(100, 100, 700, 600))])) == ["image", "text"]


def test_prose_taken_for_a_table_becomes_text() -> None:
    prose = column(50, 750, range(100, 700, 30))
    assert set(labels(prose, [Region("table", 0.9, PAGE)])) == {"text"}


def test_an_empty_form_is_a_table_where_it_has_rulings() -> None:
    region = Region("table", 0.9, Rect(90, 190, 710, 410))
    assert labels([], [region], grid()) == ["table"]
    assert labels([], [region]) == []


@pytest.mark.parametrize(("top", "label"), [(40, "header"), (500, "text")])
def test_a_header_stands_in_the_outer_tenth(top: int, label: str) -> None:
    words = [line(100, top, 300, top + 20)]
    assert labels(words, [Region("header", 0.8, Rect(95, top - 5, 305, top + 25))]) == [label]


def test_an_equation_of_one_line_is_left_as_image_and_says_so() -> None:
    words = [line(200, 300, 500, 330)]
    found = sort_lines(words, [Region("equation", 0.8, Rect(190, 295, 510, 335))], paper())
    [block] = compose(words, found, 800)
    assert (block.label, block.unread) == ("image", "formula")


def test_no_line_is_lost_whatever_the_regions_are() -> None:
    kinds: list[Kind] = ["text", "figure", "table", "header", "equation", "title", "reference"]
    for kind in kinds:
        blocks = compose(RECEIPT, sort_lines(RECEIPT, [Region(kind, 0.9, Rect(0, 0, 400, 500))], paper()), 800)
        assert {id(one) for block in blocks for one in block.lines} == {id(one) for one in RECEIPT}


def test_the_surer_of_two_regions_in_one_place_stays() -> None:
    words = column(100, 700, range(100, 300, 30))
    both = [Region("title", 0.5, Rect(90, 90, 710, 310)), Region("text", 0.9, Rect(95, 95, 705, 300))]
    assert labels(words, both) == ["text"]


def test_prose_in_columns_is_not_tabular() -> None:
    assert is_tabular(RECEIPT)
    assert not is_tabular(column(0, 390, range(0, 300, 30)) + column(410, 800, range(0, 300, 30)))


def test_a_blank_page_has_no_blocks() -> None:
    assert labels([], []) == []


def test_a_stamp_that_runs_up_the_margin_is_aside() -> None:
    assert labels([line(10, 300, 40, 700)], []) == ["aside_text"]


def test_a_table_with_rulings_wins_over_surer_regions_and_ends_at_its_frame() -> None:
    cells = [line(110 + 200 * x, 210 + 50 * y, 250 + 200 * x, 235 + 50 * y) for x in range(3) for y in range(4)]
    below = column(100, 700, [420, 450])
    regions = [Region("reference", 0.8, Rect(90, 190, 710, 480)), Region("table", 0.41, Rect(95, 195, 705, 450))]
    lines = [*cells, *below]
    blocks = compose(lines, sort_lines(lines, regions, grid()), 800)
    assert [(block.label, len(block.lines)) for block in blocks] == [("table", 12), ("text", 2)]
    assert blocks[0].rect.y1 == pytest.approx(405, abs=5)


def test_a_text_inside_a_table_becomes_part_of_it() -> None:
    # PaddleX drops the smaller of a text and a table that overlap.
    cells = [line(x, y, x + 100, y + 20) for x in (110, 310, 510) for y in range(210, 400, 40)]
    words = line(120, 380, 690, 402)
    regions = [Region("table", 0.9, Rect(100, 200, 700, 400)), Region("text", 0.8, Rect(110, 376, 695, 410))]
    lines = [*cells, words]
    [table] = compose(lines, sort_lines(lines, regions, paper()), 800)
    assert table.label == "table"
    assert words in table.lines
