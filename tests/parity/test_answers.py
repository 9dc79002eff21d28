"""The comparison sees every difference and says where it is."""

from __future__ import annotations

import re
from dataclasses import replace

import cv2
import numpy as np
import pytest

from benchmarks.parity.answers import CaseAnswer, PageAnswer, as_json, difference, load, save
from benchmarks.parity.cases import Case
from benchmarks.parity.runs import compared
from benchmarks.parity.table import END, START, Row, printed, with_table


def jpeg(*pixel: int) -> str:
    return cv2.imencode(".jpg", np.full((16, 16, 3), pixel, np.uint8))[1].tobytes().hex()


RESULT = {"width": 7, "parsing_res_list": [{"block_content": "a", "block_bbox": [1, 2.5]}]}
PAGE = PageAnswer("one\n\ntwo", as_json(RESULT), {"imgs/a.jpg": jpeg(1, 2, 3), "imgs/b.jpg": jpeg(9, 9, 9)})


def test_equal_pages_have_no_difference():
    assert difference(PAGE, replace(PAGE)) is None


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"markdown": "one\n\ntwo "}, r"Markdown:\n.*-two\n\+two "),
        ({"result": as_json({**RESULT, "width": 7.0})}, r"prunedResult\.width: official 7, here 7\.0"),
        ({"result": as_json({**RESULT, "height": 7})}, r"prunedResult: official has .*here are .*'height'"),
        (
            {"result": as_json({**RESULT, "parsing_res_list": []})},
            r"parsing_res_list: official has 1 elements, here are 0",
        ),
        (
            {"result": as_json({**RESULT, "parsing_res_list": [{"block_content": "a", "block_bbox": [1, 2]}]})},
            r"parsing_res_list\[0\]\.block_bbox\[1\]: official 2\.5, here 2",
        ),
        ({"result": as_json(dict(reversed(RESULT.items())))}, "the order of its keys"),
        ({"images": {}}, r"images: official \['imgs/a.jpg', 'imgs/b.jpg'\], here \[\]"),
        ({"images": dict(reversed(PAGE.images.items()))}, "images: official"),
        ({"images": {**PAGE.images, "imgs/b.jpg": jpeg(9, 9, 200)}}, r"image imgs/b\.jpg: 256 pixels differ"),
        ({"images": {**PAGE.images, "imgs/b.jpg": PAGE.images["imgs/b.jpg"] + "00"}}, "same pixels in other bytes"),
    ],
)
def test_a_difference_is_told_with_its_place(changed, told):
    assert re.search(told, difference(PAGE, replace(PAGE, **changed)) or "", re.DOTALL)


def test_a_missing_page_is_a_difference():
    row = compared("v1", Case("two", ()), CaseAnswer([PAGE, PAGE]), CaseAnswer([PAGE]))
    assert (row.pages, row.equal) == (2, 1)
    assert row.differences == ["official gives 2 pages, here are 1"]


def test_a_loop_that_was_not_left_early_shows_nothing():
    case = Case("loop of something", (), kind="loops")
    assert compared("v1", case, CaseAnswer([PAGE]), CaseAnswer([PAGE])).differences
    left = CaseAnswer([PAGE], notes=["ends early (finish reason: repetition)"])
    assert not compared("v1", case, CaseAnswer([PAGE]), left).differences


def test_answers_travel_whole(tmp_path):
    answers = {"a case": CaseAnswer([PAGE], [[PAGE, PAGE], []], ["a note"])}
    save(answers, tmp_path / "answers.json")
    assert load(tmp_path / "answers.json") == answers


def test_rows_become_lines_and_a_table():
    rows = [
        Row("v1", "pages", 2, 2),
        Row("v1.6", "pages", 2, 1, ["page 1: Markdown:\n-a"]),
        Row("v1", "[a remark]", 0, 0),
    ]
    assert printed(rows[0]).endswith("2 of  2  equal")
    assert printed(rows[1]).splitlines()[1:] == ["", "      page 1: Markdown:", "      -a"]
    table = with_table(f"head\n{START}old\n{END} tail", rows)
    assert "| pages | 2 of 2 |  | 1 of 2 |\n\nequal: 3 of 4 pages\n" in table
    assert table.startswith("head\n")
    assert table.endswith(" tail")
    assert "remark" not in table
