from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.printable import printable
from cli.summary import Exit, Outcome, Summary, lines

DONE = Outcome("a.pdf", "done", "a", pages=3, seconds=1.5, warnings=2)
SKIPPED = Outcome("b.pdf", "skipped", "b")
FAILED = Outcome("c\udcff.pdf", "failed", reason="it is empty", code="empty_file")
INCOMPLETE = Outcome("d.pdf", "incomplete", "d", pages=1, reason="page 2: it broke")


@pytest.mark.parametrize(
    ("outcomes", "ended", "code"),
    [
        ([DONE, SKIPPED], None, Exit.DONE),
        ([DONE, FAILED], None, Exit.SOME_FAILED),
        ([INCOMPLETE], None, Exit.SOME_FAILED),
        ([DONE], Exit.INTERRUPTED, 130),
        ([FAILED], Exit.UNREACHABLE, 3),
    ],
)
def test_the_exit_code_says_what_became_of_it(outcomes: list[Outcome], ended: Exit | None, code: int) -> None:
    assert Summary(4, outcomes, ended=ended).exit_code == code


def test_the_line_and_the_file_count_the_same(tmp_path: Path) -> None:
    summary = Summary(6, [DONE, SKIPPED, FAILED, INCOMPLETE], seconds=2.0, ended=Exit.INTERRUPTED)
    assert summary.line() == (
        "interrupted: 1 done, 1 incomplete, 1 skipped, 1 failed, 2 not tried; 4 pages in 2.0 s (2.00 pages/s)"
    )
    summary.write_json(tmp_path / "summary.json")
    told = json.loads((tmp_path / "summary.json").read_text())
    documents = told.pop("documents")
    assert told == {
        "exit_code": 130,
        "done": 1,
        "incomplete": 1,
        "skipped": 1,
        "failed": 1,
        "not_tried": 2,
        "pages": 4,
        "seconds": 2.0,
        "pages_per_second": 2.0,
    }
    assert (documents[2]["document"], documents[2]["code"]) == ("c\udcff.pdf", "empty_file")


def test_outcomes_as_people_read_them() -> None:
    assert list(lines(DONE)) == ["done     a.pdf: 3 pages, 1.5 s, 2 warnings"]
    assert list(lines(FAILED)) == ["failed   c\udcff.pdf: it is empty"]
    assert list(lines(INCOMPLETE))[1].strip() == "page 2: it broke"


def test_terminals_get_no_control_characters() -> None:
    assert printable("naïve — 汉字") == "naïve — 汉字"
    assert printable("a\n\x1b[31m\udcff\u202e") == "a\\n\\x1b[31m\\udcff\\u202e"
