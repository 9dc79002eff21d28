"""The table of runs, and the times of stages out of metrics."""

from __future__ import annotations

import random

import pytest

from benchmarks.scaling.calibration import _line, _spread
from benchmarks.scaling.gpu import SLEEP, faster, sleep_settings
from benchmarks.scaling.report import table
from benchmarks.scaling.runs import Measured
from benchmarks.simulation.percentiles import percentile
from engines.sleep.settings import SleepSettings
from tests.unit.benchmarks.simulation.test_command import run


def test_efficiency_is_beside_one_triton_at_the_same_load() -> None:
    measured = Measured()
    for one in (
        run(tritons=1, level=8, rate=2.0, pages=[20]),
        run(tritons=4, level=32, rate=7.2, pages=[17, 18, 19, 18]),
        run(tritons=4, level=16, rate=4.0, pages=[10, 10, 10, 10]),
        run(tritons=4, kind="open", level=6, rate=6.0, pages=[15, 15, 15, 15], failures={"503": 2}),
    ):
        measured.add(one)
    cells = [line.strip("| ").split(" | ") for line in table(measured).splitlines()[2:]]
    assert [row[4] for row in cells] == ["1.00", "0.90", "", ""]
    assert [row[9] for row in cells] == ["20–20", "17–19", "10–10", "15–15; failed: {'503': 2}"]


def test_two_loads_tell_the_constant_and_the_part_of_each_member() -> None:
    assert _line((1, 0.06), (8, 0.2)) == pytest.approx((0.04, 0.02))
    assert _line((4, 0.03), (4, 0.03)) == (0.03, 0)
    # Noise may make a larger batch the faster one.
    assert _line((4, 0.03), (8, 0.02)) == (0.03, 0)


@pytest.mark.parametrize("spread", [0.0, 0.3, 0.9])
def test_the_longest_crop_of_a_page_tells_how_far_tokens_lie_apart(spread: float) -> None:
    chance = random.Random(1)
    pages = [[80 * (1 + spread * chance.uniform(-1, 1)) for _ in range(6)] for _ in range(4000)]
    longest = sum(map(max, pages)) / len(pages)
    assert _spread(longest, 80, 6) == pytest.approx(spread, abs=0.02)


def test_the_sleeping_engine_sleeps_as_long_as_the_gpu_works(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in sleep_settings(faster(SLEEP, 2)).items():
        monkeypatch.setenv(name, value)
    settings = SleepSettings()
    assert settings.sleep_step_seconds == SLEEP.step_seconds / 2
    assert settings.sleep_layout_seconds == SLEEP.layout_seconds / 2
    assert (settings.sleep_blocks, settings.sleep_tokens) == (SLEEP.crops, SLEEP.tokens)
    assert faster(SLEEP, 4).device_seconds() == pytest.approx(SLEEP.device_seconds() / 4)


def test_percentiles_are_values_that_were_seen() -> None:
    values = [1.0, 2.0, 3.0, 4.0]
    assert [percentile(values, part) for part in (0, 25, 50, 51, 95, 100)] == [1, 1, 2, 3, 4, 4]
