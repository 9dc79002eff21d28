from __future__ import annotations

from engines.lite.grid import grid_html
from engines.lite.rects import Rect
from engines.lite.table_structure import Structure
from engines.lite.tables import table_html
from tests.unit.engines.lite.drawing import line

CELLS = [Rect(0, 0, 100, 30), Rect(100, 0, 200, 30), Rect(0, 30, 200, 60)]
STRUCTURE = Structure(
    ["<tr>", "<td></td>", "<td></td>", "</tr>", "<tr>", "<td", ' colspan="2"', ">", "</td>", "</tr>"], CELLS
)


def test_lines_fill_the_cells_that_they_lie_in() -> None:
    lines = [line(10, 35, 150, 55), line(110, 5, 150, 25), line(10, 5, 40, 25), line(45, 5, 90, 25)]
    assert table_html(STRUCTURE, lines, ["all", "<b>", "two", "words"]) == (
        '<table><tr><td>two words</td><td>&lt;b&gt;</td></tr><tr><td colspan="2">all</td></tr></table>'
    )


def test_a_line_beside_all_cells_goes_to_the_nearest() -> None:
    inside = [line(10 + column * 8, 35, 16 + column * 8, 55) for column in range(15)]
    outside = line(205, 5, 240, 25)
    html = table_html(STRUCTURE, [*inside, outside], ["x"] * 15 + ["lost"])
    assert html.startswith("<table><tr><td></td><td>lost</td></tr>")


def test_lines_that_do_not_fit_the_structure_make_a_grid() -> None:
    lines = [line(x, y, x + 50, y + 20) for y in (300, 330) for x in (0, 100, 200)]
    assert table_html(STRUCTURE, lines, list("abcdef")) == (
        "<table><tr><td>a</td><td>b</td><td>c</td></tr><tr><td>d</td><td>e</td><td>f</td></tr></table>"
    )


def test_a_table_whose_head_the_model_missed_is_a_grid_with_the_head() -> None:
    lines = [line(10, -40, 90, -20), line(10, 5, 90, 25), *(line(10, 35, 90, 55) for _ in range(12))]
    assert "head" in table_html(STRUCTURE, lines, ["head"] + ["x"] * 13)


def test_an_empty_form_keeps_its_cells() -> None:
    assert table_html(STRUCTURE, [], []).count("<td") == 3


def test_the_grid_leaves_holes_where_nothing_stands() -> None:
    lines = [
        line(0, 0, 50, 20),
        line(100, 0, 150, 20),
        line(100, 30, 150, 50),
        line(0, 60, 50, 80),
        line(100, 60, 150, 80),
    ]
    assert grid_html(lines, list("abcde")) == (
        "<table><tr><td>a</td><td>b</td></tr><tr><td></td><td>c</td></tr><tr><td>d</td><td>e</td></tr></table>"
    )
