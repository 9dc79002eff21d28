"""What the metrics have of jobs that fail: each once, whoever asks for its result and however often."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tritonclient.utils import InferenceServerException

from gateway.error_status import BY_CODE
from gateway.jobs.job import Attempt, Turn
from gateway.jobs.jobs import open_jobs
from gateway.jobs.store import now
from gateway.jobs.upkeep import Upkeep
from gateway.metrics import Metrics
from gateway.settings import Settings
from tests.unit.gateway.conftest import as_json
from tests.unit.gateway.documents import encoded, encrypted_pdf, picture
from tests.unit.gateway.fake_triton import FakeTriton
from tests.unit.gateway.jobs.conftest import ended
from tests.unit.gateway.jobs.test_upkeep import LEASE, looked, submitted

BROKEN = InferenceServerException("[engine_failure] CUDA error", status="500")


def counted(client: TestClient) -> dict[str, float]:
    """The errors that were counted, by code, and the jobs that ended, by status."""
    prefixes = ("ocr_gateway_errors_total{", "ocr_gateway_jobs_total{")
    lines = [line for line in client.get("/metrics").text.splitlines() if line.startswith(prefixes)]
    return {line.split('"')[1]: float(line.split()[-1]) for line in lines}


def some(client: TestClient) -> dict[str, float]:
    """Those above 0."""
    return {name: count for name, count in counted(client).items() if count}


def test_every_series_is_there_from_the_start(client: TestClient) -> None:
    assert counted(client) == dict.fromkeys([*BY_CODE, "done", "failed", "cancelled"], 0.0)
    told = client.get("/metrics").text
    for reason in ("crashed", "timed_out", "cancelled", "recycled"):
        assert f'ocr_gateway_renderers_ended_total{{reason="{reason}"}} 0.0' in told


@pytest.mark.parametrize("code", ["engine_failure", "encrypted_pdf"])
def test_a_job_that_fails_is_counted_once(client: TestClient, triton: FakeTriton, code: str) -> None:
    if code == "engine_failure":
        triton.failures["ocr"] = BROKEN
    document = as_json(encrypted_pdf() if code == "encrypted_pdf" else encoded(picture()))
    job = ended(client, client.post("/jobs", **document).json()["id"])
    assert job["error"]["code"] == code
    assert some(client) == {code: 1, "failed": 1}
    for _ in range(2):
        assert client.get(job["links"]["result"]).json()["error"]["code"] == code
    assert some(client) == {code: 1, "failed": 1}
    assert client.post("/ocr", **document).json()["error"]["code"] == code
    assert some(client) == {code: 2, "failed": 1}


def test_a_job_that_is_done_is_no_error(client: TestClient) -> None:
    ended(client, client.post("/jobs", **as_json(encoded(picture()))).json()["id"])
    assert some(client) == {"done": 1}


def test_a_lost_job_is_counted_by_the_gateway_that_ends_it(tmp_path: Path) -> None:
    async def check() -> None:
        several = [Metrics(), Metrics()]
        gateways = [open_jobs(Settings(jobs_dir=tmp_path / "shared"), metrics) for metrics in several]
        jobs = gateways[0]
        upkeeps = [Upkeep(gateway, lease=LEASE) for gateway in gateways]
        job_id = await submitted(jobs, tmp_path)
        for number in (1, 2, 3):
            assert await jobs.queue.take() == Turn(job_id, number)
            assert jobs.store.claim(Turn(job_id, number), Attempt(started=now())) is not None
            # Both see the last attempt give no sign of life.
            await asyncio.gather(*map(looked, upkeeps if number == 3 else upkeeps[:1]))
        for name, labels in (
            ("ocr_gateway_errors_total", {"code": "job_lost"}),
            ("ocr_gateway_jobs_total", {"status": "failed"}),
        ):
            assert sum(metrics.registry.get_sample_value(name, labels) or 0 for metrics in several) == 1
        for gateway in gateways:
            await gateway.close()

    asyncio.run(check())
