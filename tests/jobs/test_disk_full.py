"""JOBS_DIR on a disk that has no room left."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from tests.jobs.conftest import StartGateway
from tests.jobs.gateways import ENDED, PAGE, has
from tests.unit.gateway.kserve import KServe, text
from tests.waiting import until

_BYTES = 4 * 1024 * 1024


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("NO DISK TO FILL: only root can mount one")
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_BYTES}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk: Path) -> Path:
    """Take all the room that is left."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    return filler


@pytest.mark.parametrize("with_redis", [False, True])
def test_a_job_that_has_no_room_is_refused_and_leaves_nothing(
    alone: StartGateway, disk: Path, with_redis: bool, request: pytest.FixtureRequest
) -> None:
    start = request.getfixturevalue("shared") if with_redis else alone
    gateway = start(JOBS_DIR=str(disk))
    before = gateway.submit()
    until(has(gateway, before, "done"))
    kept = {path.name for path in disk.iterdir() if path.is_dir()}
    filler = fill(disk)
    refused = gateway.post()
    assert refused.status_code == 507
    assert refused.json()["error"]["code"] == "storage_full"
    assert "JOBS_DIR" in refused.json()["error"]["message"]
    assert {path.name for path in disk.iterdir() if path.is_dir()} == kept
    assert gateway.get(f"/jobs/{before}/result").status_code == 200
    filler.unlink()
    until(has(gateway, gateway.submit(), "done"))


def test_a_job_whose_answer_has_no_room_fails_with_a_reason(
    alone: StartGateway, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = [
        text(name, bytes(_BYTES)) if name == "IMAGES" else output for output in KServe.outputs for name in output[:1]
    ]
    monkeypatch.setattr(KServe, "outputs", large)
    gateway = alone(JOBS_DIR=str(disk))
    job = gateway.submit()
    until(has(gateway, job, *ENDED))
    assert gateway.job(job)["error"]["code"] == "storage_full"
    assert gateway.get(f"/jobs/{job}/result").status_code == 507
    assert {path.name for path in (disk / job).iterdir()} == {"job.json", "attempt-1.json", "end.json"}


def test_a_job_that_can_not_even_be_ended_is_ended_when_there_is_room(
    alone: StartGateway, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KServe, "manner", "wait")
    gateway = alone(JOBS_DIR=str(disk))
    job = gateway.submit()
    until(has(gateway, job, "running"))
    until(lambda: len(KServe.seen) > 0)
    filler = fill(disk)
    KServe.released.set()
    until(lambda: gateway.counted("ocr_gateway_jobs_running 0.0"))
    filler.unlink()
    until(has(gateway, job, *ENDED))
    assert gateway.job(job)["error"]["code"] == "storage_full"


def test_jobs_that_wait_while_the_disk_is_full_run_when_there_is_room(
    alone: StartGateway, disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KServe, "manner", "wait")
    gateway = alone(JOBS_DIR=str(disk), JOBS_AT_ONCE="1")
    first, *waiting = [gateway.submit() for _ in range(3)]
    until(has(gateway, first, "running"))
    until(lambda: len(KServe.seen) > 0)
    filler = fill(disk)
    KServe.released.set()
    until(lambda: gateway.counted("ocr_gateway_jobs_running 0.0"))
    # Time to ask the queue again and again, and to look after the jobs.
    time.sleep(5)
    assert [gateway.job(job)["status"] for job in waiting] == ["queued", "queued"]
    log = (tmp_path / "gateways.log").read_text()
    assert log.count("jobs wait: the disk of JOBS_DIR is full") == 1
    filler.unlink()
    for job in waiting:
        until(has(gateway, job, "done"))
    until(has(gateway, first, *ENDED))
    assert "work in the background ended" not in (tmp_path / "gateways.log").read_text()


def test_a_document_that_has_no_room_is_refused_by_ocr_too(alone: StartGateway, disk: Path) -> None:
    gateway = alone(TMPDIR=str(disk))
    assert httpx2.post(f"{gateway.url}/ocr", **PAGE).status_code == 200
    fill(disk)
    refused = httpx2.post(f"{gateway.url}/ocr", **PAGE)
    assert refused.status_code == 507
    assert "TMPDIR" in refused.json()["error"]["message"]
    assert {path.name for path in disk.iterdir() if path.name != "filler"} == set()
