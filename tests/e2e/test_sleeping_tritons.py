"""Two real Tritons with the sleeping engine in their GPUs' places: both work, and every page gets its own text."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest import mock

import httpx2 as httpx
import pytest
from PIL import Image, ImageDraw

from benchmarks.scaling.fleet import Fleet, running_fleet
from benchmarks.scaling.runs import read_measured
from benchmarks.simulation.stages import Stages
from engines.page.local import local_reader
from engines.page.options import PageOptions
from engines.settings import EngineSettings
from engines.sleep.texts import NAME, WARNING
from tests.conftest import ROOT, png

SLEEP = {
    "SLEEP_LAYOUT_SECONDS": "0.02",
    "SLEEP_PREFILL_SECONDS": "0.005",
    "SLEEP_STEP_SECONDS": "0.005",
    "SLEEP_TOKENS": "12",
    "SLEEP_BLOCKS": "4",
}
PAGES = 24


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    with running_fleet(2, 1, SLEEP, documents=16) as fleet:
        yield fleet


@pytest.fixture(scope="module")
def client(fleet: Fleet) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=fleet.gateways[0].url, timeout=120) as client:
        yield client


def page(number: int) -> bytes:
    """A page that is like no other, from its top to its bottom."""
    picture = Image.new("RGB", (300, 400), "white")
    for place in range(20):
        ImageDraw.Draw(picture).text((10, 20 * place), f"page {number} line {place}", fill="black")
    return png(picture)


def expected(pages: list[bytes]) -> list[str]:
    """What the same engine in one process answers."""
    with mock.patch.dict(os.environ, SLEEP), local_reader(EngineSettings(engine="sleep", capacity_test=True)) as reader:
        return [reader.read(page, PageOptions()).markdown for page in pages]


def test_both_are_used_alike_and_every_page_gets_its_own_text(fleet: Fleet, client: httpx.Client) -> None:
    before = [triton.get("ocr_pages_total", 0) for triton in fleet.metrics()]
    pages = [page(number) for number in range(PAGES)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda page: client.post("/ocr", files={"file": page}).json(), pages))
    assert [answer["markdown"].strip() for answer in answers] == expected(pages)
    assert len({answer["markdown"] for answer in answers}) == PAGES
    read = [after["ocr_pages_total"] - count for after, count in zip(fleet.metrics(), before, strict=True)]
    assert sum(read) == PAGES
    assert min(read) >= PAGES / 3


def test_answers_and_health_say_that_nothing_was_read(client: httpx.Client) -> None:
    answer = client.post("/ocr", files={"file": page(0)}).json()
    assert (answer["engine"], answer["model"]) == ("sleep", NAME)
    assert WARNING in str(answer["warnings"])
    health = client.get("/health")
    assert health.status_code == 200
    assert (health.json()["engine"], health.json()["model"]) == ("sleep", NAME)


def test_crops_of_several_pages_decode_together(fleet: Fleet) -> None:
    for triton in fleet.metrics():
        assert triton["vlm_step_rows_total"] / triton["vlm_steps_total"] > 1.5
        assert triton["layout_batch_pages_sum"] >= triton["layout_batch_pages_count"]


def test_the_commands_in_their_shortest_form(tmp_path: Path) -> None:
    """One Triton is measured, and the simulation predicts what was measured there."""
    file = tmp_path / "measured.json"
    short = ["--tritons", "1", "--pages", "2", "--in-flight", "2", "--load", "4", "--seconds", "2", "--warm-up", "0.5"]
    scaling = command("benchmarks.scaling", *short, "--speed", "10", "--calibrate", "--json", str(file))
    assert scaling.returncode == 0, scaling.stderr
    measured = read_measured(file)
    assert [(run.kind, run.level, run.failures) for run in measured.runs] == [("closed", 2, {}), ("open", 4, {})]
    assert measured.stages is not None
    assert measured.stages.crops == 6
    assert all(sum(run.pages) > 0 for run in measured.runs)
    check = command("benchmarks.simulation", "check", str(file))
    assert check.stdout.count("\n| 1 |") == 2, check.stderr


def test_the_stages_of_a_machine_are_measured_with_the_engine_that_it_has(tmp_path: Path) -> None:
    file = tmp_path / "stages.json"
    short = ["--seconds", "2", "--in-flight", "4", "--pages", "2", "--slots", "5"]
    with mock.patch.dict(os.environ, {"ENGINE": "sleep", "CAPACITY_TEST": "1", **SLEEP}):
        told = command("benchmarks.simulation", "measure", str(file), *short)
    assert told.returncode == 0, told.stderr
    stages = Stages.model_validate_json(file.read_text())
    assert (stages.crops, stages.slots) == (4, 5)
    # No step is shorter than its sleep: a line through two means of steps says so of full ones, though not of one row.
    assert stages.step_seconds + stages.slots * stages.step_row_seconds >= 0.005
    predicted = command(
        "benchmarks.simulation", "predict", "--in-flight", "4", "--seconds", "20", "--stages", str(file)
    )
    assert predicted.stdout.count("\n| 1 |") == 1, predicted.stderr


def test_an_engine_without_a_decode_loop_is_told(tmp_path: Path) -> None:
    short = ["--seconds", "1", "--in-flight", "1", "--pages", "1"]
    with mock.patch.dict(os.environ, {"ENGINE": "lite"}):
        told = command("benchmarks.simulation", "measure", str(tmp_path / "stages.json"), *short)
    assert told.returncode == 1
    assert "this engine tells no times" in told.stderr
    assert "Traceback" not in told.stderr


def command(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, capture_output=True, text=True)
