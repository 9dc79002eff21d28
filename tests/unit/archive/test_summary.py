"""What is told of a run: counts, progress, cost, the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archive.display import progress
from archive.finishing import Finished
from archive.inventory import Survey
from archive.layout import run_key
from archive.reading import Stop, Told
from archive.runs import Effort, RunLog
from archive.stores import Store
from archive.summary import Summary
from cli.summary import Exit


@pytest.fixture
def summary() -> Summary:
    return Summary(Survey(documents=10, new=4, todo={1: 4, 2: 4}), price=2.0)


def told(**more: object) -> Told:
    return Told(1, "u", "/in/a.pdf", **{"pages": 5, "sent": 1, "server": "http://one", "share": 2.0, **more})  # type: ignore[arg-type]


def test_pages_are_counted_by_server_and_those_of_earlier_runs_apart(summary: Summary) -> None:
    summary.told(told())
    summary.told(told(server="http://other", sent=2, pages=3, failures=1))
    summary.told(told(kept=True))
    assert (summary.pages, summary.pages_kept, summary.failures, summary.requests) == (8, 5, 1, 3)
    assert summary.by_server == {"http://one": 5, "http://other": 3}


def test_progress_tells_speed_the_rest_and_the_cost(summary: Summary) -> None:
    summary.told(told())
    summary.effort = Effort(pages=5, seconds=10, server_hours=0.5)
    summary.earlier = Effort(pages=15, seconds=30, server_hours=1.5)
    assert progress(summary) == (
        "2/8 documents, 5 pages, 0.50 pages/s, about 30 s left, cost 4.00 (200.00 for 1,000 pages)"
    )


def test_a_shard_that_is_done_counts_whole(summary: Summary) -> None:
    summary.told(told())
    summary.finished(Finished(1, 4, 5, 0, 0, sent_again=2))
    assert summary.documents_told == 4
    assert summary.sent_again == 2


def test_without_a_price_nothing_is_said_of_money(summary: Summary) -> None:
    summary.price = None
    assert "cost" not in progress(summary) + summary.line()


def test_the_exit_code_says_how_it_ended(summary: Summary) -> None:
    assert summary.exit_code == Exit.SOME_FAILED
    for shard in (1, 2):
        summary.finished(Finished(shard, 4, 5, 0, 0, 0))
    assert summary.exit_code == Exit.DONE
    summary.failures_left = True
    assert summary.exit_code == Exit.SOME_FAILED


def test_failures_that_are_told_can_be_no_reason_for_another_exit_code(summary: Summary) -> None:
    summary.failures_ok = summary.failures_left = True
    summary.finished(Finished(1, 4, 5, 1, 1, 0))
    assert summary.exit_code == Exit.SOME_FAILED
    summary.finished(Finished(2, 4, 5, 1, 1, 0))
    assert summary.exit_code == Exit.DONE
    summary.told(told(stop="no_server", message="because"))
    assert summary.exit_code == Exit.UNREACHABLE


@pytest.mark.parametrize(
    ("stop", "code"),
    [
        ("no_server", Exit.UNREACHABLE),
        ("refused", Exit.REFUSED),
        ("source", Exit.USAGE),
        ("output", Exit.USAGE),
    ],
)
def test_what_stops_the_run_is_told(summary: Summary, stop: Stop, code: Exit) -> None:
    summary.told(told(stop=stop, message="because"))
    assert summary.exit_code == code
    assert summary.pages == 0
    assert summary.line().startswith("stopped, because: 0 of 8 documents")


def test_the_same_for_programs(summary: Summary, tmp_path: Path) -> None:
    summary.told(told())
    summary.effort = Effort(5, 10, 0.5)
    summary.write_json(tmp_path / "summary.json")
    written = json.loads((tmp_path / "summary.json").read_text())
    assert written["pages_per_second"] == 0.5
    assert (written["cost"], written["cost_of_1000_pages"]) == (1.0, 200.0)
    assert (written["documents_todo"], written["exit_code"]) == (8, 1)


def test_runs_are_added_up(output: Store) -> None:
    output.write(run_key("one"), json.dumps({"pages": 5, "seconds": 10.0, "server_hours": 0.5}).encode())
    first = RunLog(output, servers=2)
    first.read(7)
    first.write()
    second = RunLog(output, servers=2)
    assert (first.earlier.pages, second.earlier.pages) == (5, 12)
    assert second.earlier.server_hours >= 0.5
