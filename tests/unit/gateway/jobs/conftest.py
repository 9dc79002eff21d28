from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from gateway.jobs.job import Ticket, Turn
from gateway.jobs.jobs import Jobs, open_jobs
from gateway.jobs.store import JobStore, now
from gateway.metrics import Metrics
from gateway.schemas import OcrFields
from gateway.settings import Settings
from tests.waiting import until

NAME = "0123456789abcdef" * 2


@pytest.fixture
def store(tmp_path: Path) -> JobStore:
    store = JobStore(tmp_path / "store", keep_seconds=3600)
    store.open()
    return store


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return open_jobs(Settings(jobs_dir=tmp_path / "own"), Metrics())


@pytest.fixture
def document(tmp_path: Path) -> Callable[[], Path]:
    """A new document to hand in."""

    def make() -> Path:
        path = tmp_path / "sent"
        path.write_bytes(b"document")
        return path

    return make


def ticket(job_id: str = NAME, client: str = "a") -> Ticket:
    return Ticket(id=job_id, client=client, request_id="r", created=now(), fields=OcrFields())


def turn(number: int = 1) -> Turn:
    return Turn(NAME, number)


def ended(client: TestClient, job_id: str) -> dict[str, Any]:
    """The job once it has ended."""
    return status(client, job_id, "done", "failed", "cancelled")


def status(client: TestClient, job_id: str, *wanted: str) -> dict[str, Any]:
    """The job once it has one of the statuses `wanted`."""

    def look() -> dict[str, Any] | None:
        job: dict[str, Any] = client.get(f"/jobs/{job_id}").json()
        return job if job["status"] in wanted else None

    return until(look)
