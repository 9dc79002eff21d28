from __future__ import annotations

import re
from xml.etree import ElementTree

from benchmarks.perf.levels import Profile
from benchmarks.perf.pictures import draw
from benchmarks.perf.report import END, START, summary, tables, write
from tests.conftest import ROOT
from tests.unit.benchmarks.perf.curves import level, profile


def test_the_summary_tells_the_most_the_knee_and_why_it_is_there():
    assert summary([profile()]).splitlines()[2] == "| `gateway` | 3.10 pages | 1.6 | 2.50 | 81% | 1100 | 1200 |"


def test_a_target_that_keeps_to_the_limit_at_no_rate_says_so():
    made = Profile(target="vlm", unit="crop", closed=(level(1, 5, 100),), open=(level(1, 1, 301),))
    assert summary([made]).splitlines()[2] == "| `vlm` | 5.00 crops | 1.0 | below 1.00 |  |  | 300 |"


def test_the_tables_have_a_row_a_level():
    closed, offered = tables(profile()).split("\n\n")
    assert closed.splitlines()[2] == ("| 1 | 2.00 | 200 | 360 | 400 | 480 | 0.50 | 1.0 | 2.0 · 3 · 57 | 6.0 · 7 · 89 |")
    assert offered.splitlines()[4] == (
        "| 4.00 | 3.00 | 1250 | 2250 | 2500 | 3000 | 25% | 0.50 | 1.5 | 2.0 · 3 · 57 | 6.0 · 7 · 89 |"
    )
    for table in (closed, offered):
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_what_nobody_looked_at_has_no_column():
    made = Profile(target="vlm", unit="crop", closed=(level(1, 5),), open=(level(1, 1),))
    assert tables(made).splitlines()[0] == "| in flight | answered/s | p50, ms | p90, ms | p95, ms | p99, ms |"


def test_a_document_is_rewritten_between_its_marks_and_nowhere_else(tmp_path):
    document = tmp_path / "performance.md"
    document.write_text(f"before\n{START}old\n{END}\nafter\n", encoding="utf-8")
    for _ in range(2):
        write(document, [profile()], tmp_path / "images")
        text = document.read_text(encoding="utf-8")
        assert text.startswith(f"before\n{START}\n| ")
        assert text.endswith(f"|\n\n{END}\nafter\n")
        assert "old" not in text
        assert text.count("](images/load-gateway.svg)") == 1


def test_the_published_document_has_the_marks_once():
    text = (ROOT / "docs/performance.md").read_text(encoding="utf-8")
    assert (text.count(START), text.count(END)) == (1, 1)


def test_a_picture_is_the_same_for_the_same_figures_and_shows_the_knee(tmp_path):
    first, second = tmp_path / "images/first.svg", tmp_path / "second.svg"
    draw(profile(), first)
    draw(profile(), second)
    drawn = first.read_text(encoding="utf-8")
    assert drawn == second.read_text(encoding="utf-8")
    assert not re.search(r"20\d\d-\d\d-\d\d", drawn)
    texts = {element.text for element in ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")}
    assert {"N* = 1.6", "usable: 2.5", "pages due a second", "p95", "limit of p95"} <= texts
    # No white card, and nothing black: it lies on either background.
    assert not re.search(r"#fff|#ffffff|#000000|white|black", drawn)
