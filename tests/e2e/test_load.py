"""The programs that load the product, in short: no answer is wrong, none is lost, and memory is watched."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks.faults.__main__ import suffer_all
from benchmarks.faults.faults import FAULTS
from benchmarks.soak.__main__ import soak


def test_mixed_traffic_over_capacity(capsys: pytest.CaptureFixture[str]) -> None:
    assert asyncio.run(soak(requests=500, clients=72))
    told = capsys.readouterr().out
    # Over capacity means that some were turned away, and the bad ones were refused.
    assert {"busy", "read", "refused", "hung up"} <= set(told.split("| kind | ")[1].split(" |\n")[0].split(" | "))
    assert "| gateway |" in told


def test_what_the_neighbours_do(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("disk", "S3 refuses", "Redis")
    chosen = [fault for fault in FAULTS if any(word in fault.name for word in words)]
    seen = asyncio.run(suffer_all(chosen))
    assert [each.fault for each in seen if not each.is_right] == []
    kept = {each.fault: sum(told.outcome == "read, not kept" for told in each.told) for each in seen}
    assert kept["the disk of OUTPUT_DIR is full"] > 0
    assert kept["S3 refuses"] > 0
    jobs = [told for each in seen for told in each.told if told.kind == "job"]
    assert any(told.outcome == "read" for told in jobs)
