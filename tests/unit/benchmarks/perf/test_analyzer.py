from __future__ import annotations

import json
import sys

import pytest

from benchmarks.perf import analyzer
from benchmarks.perf.analyzer import Analyzer, AnalyzerFailed, TurnedAway, parse
from benchmarks.perf.arrivals import poisson
from benchmarks.perf.levels import Level

STAGES = "Client Send,Network+Server Send/Recv,Server Queue,Server Compute Input,Server Compute Infer"
STAGES += ",Server Compute Output,Client Recv"
PERCENTILES = "p50 latency,p90 latency,p95 latency,p99 latency"
CLOSED = f"Concurrency,Inferences/Second,{STAGES},{PERCENTILES}\n"
CLOSED += "4,7.26536,12128,1696,169244,4132,284072,12,2,480236,608212,718460,719238\n"
OPEN = f"Request Rate,Inferences/Second,{STAGES},{PERCENTILES}\n"
OPEN += "8,6.27777,9381,7067,114397,2345,327792,9,2,433137,840117,887356,1076321\n"
DELAYED = (
    "[WARNING] Perf Analyzer was not able to keep up with the desired request rate. 2.27% of the requests were delayed."
)


def test_a_closed_level():
    assert parse(CLOSED, "Request concurrency: 4", 4) == Level(
        load=4, answered=7.26536, p50=480.236, p90=608.212, p95=718.46, p99=719.238
    )


def test_an_open_level_and_the_requests_that_were_sent_late():
    level = parse(OPEN, f"    Request count: 44\n    {DELAYED} \n", 8.0)
    assert (level.load, level.answered, level.p95) == (8.0, 6.27777, 887.356)
    assert level.late == pytest.approx(0.0227)
    assert level.good == 1.0


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A perf_analyzer that writes down how it is called and finds windows of less than two seconds empty."""
    path = tmp_path / "perf_analyzer"
    path.write_text(PROGRAM.replace("REPORT", repr(CLOSED)).replace("PYTHON", sys.executable))
    path.chmod(0o755)
    monkeypatch.setattr(analyzer, "PROGRAM", path)
    return lambda: [json.loads(line) for line in (tmp_path / "calls").read_text().splitlines()]


PROGRAM = """#!PYTHON
import json, pathlib, sys
arguments = dict(zip(sys.argv[1:], sys.argv[2:]))
with (pathlib.Path(sys.argv[0]).parent / "calls").open("a") as calls:
    calls.write(json.dumps(arguments) + "\\n")
if int(arguments.get("--measurement-interval", 9999)) < 2000:
    sys.exit("No valid requests recorded within time interval.")
if arguments["-m"] == "broken":
    sys.exit("no such model")
if arguments["-m"] == "busy":
    sys.exit("Thread [0] had error: [overloaded] 24 pages are in flight (OCR_MAX_IN_FLIGHT)")
pathlib.Path(arguments["-f"]).write_text(REPORT)
"""


def test_a_window_without_an_answer_is_doubled_until_there_is_one(program, tmp_path):
    found = Analyzer("ocr", "page", "127.0.0.1:1", tmp_path, [{}]).closed(4, seconds=1.5)
    assert found.answered == 7.26536
    assert [call["--measurement-interval"] for call in program()] == ["500", "1000", "2000"]
    assert {call["--concurrency-range"] for call in program()} == {"4"}


def test_an_open_level_is_sent_at_times_of_our_own_without_waiting_for_answers(program, tmp_path):
    Analyzer("ocr", "page", "127.0.0.1:1", tmp_path, [{}]).open(20.0, 100)
    [call] = program()
    assert (call["--request-count"], call["--async"], call["-m"]) == ("100", "--max-threads", "ocr")
    gaps = [int(line) for line in (tmp_path / "gaps.txt").read_text().splitlines()]
    # A hundred, twenty a second: in microseconds, to the last of them.
    assert len(gaps) == 100
    assert sum(gaps) / 1e6 == pytest.approx(poisson(20.0, 100)[-1], abs=1e-3)


def test_what_perf_analyzer_says_when_it_fails_is_told(program, tmp_path):
    with pytest.raises(AnalyzerFailed, match="no such model"):
        Analyzer("broken", "page", "127.0.0.1:1", tmp_path, [{}]).closed(1, seconds=9)


def test_a_server_that_refuses_requests_is_told_from_one_that_fails(program, tmp_path):
    with pytest.raises(TurnedAway, match="OCR_MAX_IN_FLIGHT"):
        Analyzer("busy", "page", "127.0.0.1:1", tmp_path, [{}]).open(5.0, 10)


def test_a_report_without_figures_is_refused():
    with pytest.raises(ValueError, match="not enough values"):
        parse(CLOSED.splitlines()[0], "", 1)
