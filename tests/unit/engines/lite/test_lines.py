from __future__ import annotations

import numpy as np

from engines.lite.lines import Line, cut_out, rows_of
from tests.unit.engines.lite.drawing import ink, line, paper


def test_rows_go_down_the_page_and_their_lines_to_the_right() -> None:
    lower, right, left = line(0, 50, 90, 70), line(100, 2, 190, 22), line(0, 0, 90, 20)
    assert rows_of([lower, right, left]) == [[left, right], [lower]]


def test_lines_that_barely_touch_are_two_rows() -> None:
    assert len(rows_of([line(0, 0, 90, 20), line(100, 12, 190, 32)])) == 2


def test_an_upright_line_is_cut_as_it_is() -> None:
    image = paper()
    ink(image, 10, 20, 110, 50)
    piece = cut_out(image, line(10, 20, 110, 50))
    assert piece.shape == (30, 100, 3)
    assert piece.max() == 0


def test_a_vertical_line_is_turned_so_that_its_bottom_comes_first() -> None:
    image = paper()
    ink(image, 10, 100, 40, 150)  # the lower half
    piece = cut_out(image, line(10, 50, 40, 150))
    assert piece.shape == (30, 100, 3)
    assert piece[:, :45].max() == 0
    assert piece[:, 55:].min() == 255


def test_a_tilted_line_is_straightened() -> None:
    tilted = Line.of(np.array([[10, 10], [110, 40], [104, 60], [4, 30]], np.float32))
    assert cut_out(paper(), tilted).shape == (21, 104, 3)


def test_aspect_is_that_of_the_upright_line() -> None:
    assert line(0, 0, 100, 20).aspect == line(0, 0, 20, 100).aspect == 5
