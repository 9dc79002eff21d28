"""`python -m benchmarks.simulation`, as a user starts it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.scaling.runs import Measured, Run, read_measured
from benchmarks.simulation.stages import Stages
from tests.conftest import ROOT

STAGES = Stages(crops=6, slots=16, tokens=40)


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.simulation", *arguments], cwd=ROOT, capture_output=True, text=True
    )


def run(**others: object) -> Run:
    values = {
        "tritons": 2,
        "gateways": 1,
        "kind": "closed",
        "level": 8.0,
        "seconds": 10.0,
        "rate": 3.0,
        "p50": 2.0,
        "p95": 3.0,
        "p99": 3.0,
        "cores": 0.5,
        "busy": 0.9,
        "pages": [15, 15],
        "layout_batch": 1.0,
        "failures": {},
    }
    return Run.model_validate({**values, **others})


def cells(text: str) -> list[list[str]]:
    return [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]


def test_predict_has_a_row_for_each_number_of_machines() -> None:
    told = command("predict", "--machines", "1", "3", "--in-flight", "4", "--seconds", "60", "--price", "2")
    head, one, three = cells(told.stdout)
    assert (head[0], head[-1]) == ("machines", "cost of 1,000 pages")
    assert (one[0], three[0]) == ("1", "3")
    assert float(three[1]) > 2 * float(one[1])


def test_plan_names_the_machines() -> None:
    told = command("plan", "--rate", "3", "--p95", "6", "--seconds", "60")
    assert "enough for 3 pages/s with a p95 of 6 s" in told.stdout


def test_options_take_the_place_of_the_values_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "stages.json"
    file.write_text(STAGES.model_dump_json())
    fast = ("--prefill-seconds", "0", "--step-seconds", "0.001")
    asked = ("predict", "--in-flight", "4", "--seconds", "30", "--stages", file)
    slow, quick = (cells(command(*asked, *more).stdout)[1] for more in ((), fast))
    assert float(quick[1]) > 2 * float(slow[1])


def test_check_compares_with_measured_runs(tmp_path: Path) -> None:
    measured = Measured(stages=STAGES)
    for one in (run(), run(kind="open", level=2.0, rate=2.0), run(rate=3.5)):
        measured.add(one)
    file = tmp_path / "measured.json"
    measured.write(file)
    assert [one.rate for one in read_measured(file).runs] == [2.0, 3.5]
    told = command("check", file)
    rows = cells(told.stdout)[1:]
    assert [row[1] for row in rows] == ["2 pages/s offered", "8 in flight"]
    rate, predicted, error = (float(rows[1][place].strip("%")) for place in (2, 3, 4))
    assert error == pytest.approx(100 * (predicted - rate) / rate, abs=0.2)
    assert "on average" in told.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("predict", "--in-flight", "1", "--crops", "0"), "crops: Input should be greater than 0"),
        (("plan", "--rate", "1", "--p95", "0.01"), "more machines do not"),
        (("predict", "--in-flight", "1", "--stages", "nowhere.json"), "nowhere.json"),
        (("check", "nowhere.json"), "nowhere.json has no calibration"),
        (("predict", "--in-flight", "0"), "must be 1 or more"),
        (("predict",), "one of the arguments --in-flight --rate is required"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(arguments: tuple[str, ...], complaint: str) -> None:
    told = command(*arguments)
    assert told.returncode
    assert complaint in told.stderr
    assert "Traceback" not in told.stderr


def test_a_file_that_holds_something_else_is_told(tmp_path: Path) -> None:
    file = tmp_path / "else.json"
    file.write_text(json.dumps([1]))
    told = command("predict", "--in-flight", "1", "--stages", file)
    assert "holds no stages" in told.stderr
