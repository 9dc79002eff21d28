from __future__ import annotations

import pytest

from engines.lite.lines import rows_of
from engines.lite.paragraphs import join, split_rows, text_of
from tests.unit.engines.lite.drawing import column, line


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (["one", "two"], "one two"),
        (["weath-", "ered"], "weathered"),
        (["Franco-", "German"], "Franco- German"),
        (["1990-", "1995"], "1990- 1995"),
        (["港口的", "管理"], "港口的管理"),
        (["", "  one ", ""], "one"),
        ([], ""),
    ],
)
def test_join(rows: list[str], text: str) -> None:
    assert join(rows) == text


def paragraphs(*lefts: float, pitch: float = 30) -> list[int]:
    """How many rows the paragraphs of a block have, whose rows start at these places."""
    rows = [[line(left, index * pitch, 600, index * pitch + 20)] for index, left in enumerate(lefts)]
    return [len(paragraph) for paragraph in split_rows(rows)]


def test_an_indent_starts_a_paragraph() -> None:
    assert paragraphs(0, 0, 0, 40, 0, 0, 40, 0) == [3, 3, 2]


def test_centred_rows_are_one_paragraph() -> None:
    assert paragraphs(100, 150, 120, 160, 90) == [5]


def test_more_white_than_usual_starts_a_paragraph() -> None:
    rows = rows_of(column(0, 600, [0, 30, 60, 120, 150]))
    assert [len(paragraph) for paragraph in split_rows(rows)] == [3, 2]


def test_list_items_stand_on_lines_of_their_own() -> None:
    rows = rows_of(column(0, 600, [0, 30, 60, 90]))
    texts = ["• first item", "goes on", "• second item", "12. third"]
    assert text_of(rows, texts, form=False) == "- first item goes on\n- second item\n12. third"


def test_a_decimal_at_the_start_of_a_row_is_no_list_item() -> None:
    rows = rows_of(column(0, 600, [0, 30]))
    assert text_of(rows, ["The mean was", "12.5 hours"], form=False) == "The mean was 12.5 hours"


def test_the_rows_of_a_form_stay_rows() -> None:
    rows = rows_of(column(0, 600, [0, 30]))
    assert text_of(rows, ["Total 30.00", "Cash 50.00"], form=True) == "Total 30.00\nCash 50.00"
