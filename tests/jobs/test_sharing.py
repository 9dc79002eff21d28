"""Jobs of several gateways, and what becomes of them when one of their parts ends."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path

import httpx2
import pytest

from tests.jobs.conftest import StartGateway
from tests.jobs.gateways import ENDED, Gateway, has
from tests.jobs.redis_server import RedisServer
from tests.unit.gateway.kserve import KServe
from tests.waiting import until

NEVER = "600"
"""A lease that runs out in no test."""


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages stay with Triton until `KServe.released`."""
    monkeypatch.setattr(KServe, "manner", "wait")


def running_job(gateway: Gateway) -> str:
    job_id = gateway.submit()
    until(has(gateway, job_id, "running"))
    until(lambda: len(KServe.seen) > 0)
    return job_id


def test_gateways_share_jobs(shared: StartGateway, held: None) -> None:
    one, other = shared(JOBS_AT_ONCE="1"), shared(JOBS_AT_ONCE="1")
    jobs = [one.submit() for _ in range(4)]
    # Each runs one of those that the first took in.
    until(lambda: all(gateway.counted("ocr_gateway_jobs_running 1.0") for gateway in (one, other)))
    until(lambda: [other.job(job)["status"] for job in jobs].count("running") == 2)
    KServe.released.set()
    for job in jobs:
        until(has(other, job, "done"))
        assert other.get(f"/jobs/{job}/result").json()["id"] == job
    assert [job["id"] for job in other.get("/jobs").json()["jobs"]] == jobs[::-1]


def test_a_job_whose_gateway_is_killed_is_finished_by_another(shared: StartGateway, held: None) -> None:
    killed = shared()
    job = running_job(killed)
    other = shared()
    killed.kill()
    KServe.released.set()
    until(has(other, job, *ENDED))
    assert other.job(job)["status"] == "done"
    assert other.get(f"/jobs/{job}/result").status_code == 200
    assert other.counted("ocr_gateway_jobs_brought_back_total 1.0")


@pytest.mark.parametrize("queued", [False, True])
def test_a_single_gateway_goes_on_with_its_jobs_after_it_was_killed(
    alone: StartGateway, held: None, queued: bool
) -> None:
    killed = alone(JOBS_AT_ONCE="1")
    job = running_job(killed)
    if queued:
        job = killed.submit()
    killed.kill()
    KServe.released.set()
    again = alone()
    until(has(again, job, *ENDED))
    assert again.job(job)["status"] == "done"


def test_a_gateway_that_stops_gives_its_jobs_to_another_at_once(shared: StartGateway, held: None) -> None:
    stopping = shared(JOB_LEASE=NEVER)
    job = running_job(stopping)
    other = shared(JOB_LEASE=NEVER)
    stopping.process.terminate()
    until(lambda: other.counted("ocr_gateway_jobs_running 1.0"))
    KServe.released.set()
    until(has(other, job, *ENDED))
    assert stopping.process.wait(timeout=60) == -signal.SIGTERM
    assert other.job(job)["status"] == "done"


def test_a_job_is_cancelled_through_another_gateway(shared: StartGateway, held: None) -> None:
    one, other = shared(), shared(JOBS_AT_ONCE="0")
    job = running_job(one)
    assert httpx2.delete(f"{other.url}/jobs/{job}").json()["status"] == "cancelled"
    until(lambda: one.counted("ocr_gateway_jobs_running 0.0"))
    KServe.released.set()
    assert one.job(job)["status"] == "cancelled"
    assert one.get(f"/jobs/{job}/result").status_code == 409


def test_a_gateway_that_hangs_loses_its_job_and_does_not_spoil_it(shared: StartGateway, held: None) -> None:
    hanging = shared()
    job = running_job(hanging)
    other = shared()
    hanging.process.send_signal(signal.SIGSTOP)
    until(lambda: other.counted("ocr_gateway_jobs_brought_back_total 1.0"))
    KServe.released.set()
    until(has(other, job, *ENDED))
    result = other.get(f"/jobs/{job}/result").content
    hanging.process.send_signal(signal.SIGCONT)
    until(lambda: hanging.counted("ocr_gateway_jobs_running 0.0"))
    assert hanging.counted("ocr_gateway_jobs_total 0.0") is False
    assert other.get(f"/jobs/{job}/result").content == result


def test_redis_is_killed_and_comes_back_empty(shared: StartGateway, redis: RedisServer, held: None) -> None:
    gateway = shared(JOBS_AT_ONCE="1")
    running = running_job(gateway)
    waiting = [gateway.submit() for _ in range(3)]
    redis.kill()
    refused = gateway.post()
    assert refused.status_code == 503
    assert refused.json()["error"]["code"] == "jobs_unavailable"
    assert int(refused.headers["retry-after"]) > 0
    assert redis.url not in refused.text
    # What runs goes on, and what lies in files can be asked for.
    KServe.released.set()
    until(has(gateway, running, "done"))
    assert gateway.get(f"/jobs/{running}/result").status_code == 200
    assert {gateway.job(job)["status"] for job in waiting} == {"queued"}
    assert httpx2.delete(f"{gateway.url}/jobs/{waiting[0]}", timeout=30).json()["status"] == "cancelled"
    redis.start()
    for job in waiting[1:]:
        until(has(gateway, job, *ENDED))
    assert [gateway.job(job)["status"] for job in waiting] == ["cancelled", "done", "done"]
    until(has(gateway, gateway.submit(), "done"))


def test_gateways_that_do_not_see_the_same_files_leave_each_others_jobs_alone(
    shared: StartGateway, tmp_path: Path
) -> None:
    one = shared(JOBS_AT_ONCE="0")
    elsewhere = shared(JOBS_DIR=str(tmp_path / "elsewhere"))
    job, own = one.submit(), elsewhere.submit()
    until(has(elsewhere, own, "done"))
    assert one.job(job)["status"] == "queued"
    assert elsewhere.get(f"/jobs/{job}").status_code == 404


def test_no_job_is_lost_whatever_is_killed(shared: StartGateway, redis: RedisServer) -> None:
    gateways = [shared(), shared()]
    jobs: list[str] = []
    for fault in range(4):
        jobs += [gateways[0].submit() for _ in range(6)]
        gateways.append(shared())
        if fault % 2:
            redis.kill()
            redis.start()
        gateways.pop(0).kill()
    ends: Counter[str] = Counter()
    for job in jobs:
        until(has(gateways[0], job, *ENDED))
        ends[gateways[0].job(job)["status"]] += 1
        assert gateways[0].get(f"/jobs/{job}/result").json()["id"] == job
    assert ends == {"done": 24}
