"""Jobs that nobody reads any more."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from gateway.jobs.job import Attempt, End, Turn
from gateway.jobs.jobs import Jobs
from gateway.jobs.store import now
from gateway.jobs.upkeep import Upkeep
from gateway.schemas import OcrFields
from gateway.storage import full
from tests.unit.gateway.documents import encoded, picture

LEASE = 0.05


async def submitted(jobs: Jobs, tmp_path: Path) -> str:
    path = tmp_path / "sent"
    path.write_bytes(encoded(picture()))
    return (await jobs.submit(OcrFields(), path, "a", "r")).id


async def looked(upkeep: Upkeep) -> None:
    """Look twice, with more than a lease between."""
    await upkeep.look()
    await asyncio.sleep(2 * LEASE)
    await upkeep.look()


def test_a_job_whose_turn_was_lost_gets_another(jobs: Jobs, tmp_path: Path) -> None:
    async def check() -> None:
        upkeep = Upkeep(jobs, lease=LEASE)
        job_id = await submitted(jobs, tmp_path)
        await looked(upkeep)
        assert await jobs.queue.take() == Turn(job_id, 1)
        assert await jobs.queue.take() is None
        await looked(upkeep)
        assert await jobs.queue.take() == Turn(job_id, 1)
        await jobs.close()

    asyncio.run(check())


def test_a_job_that_shows_signs_of_life_is_left_alone(jobs: Jobs, tmp_path: Path) -> None:
    async def check() -> None:
        upkeep = Upkeep(jobs, lease=LEASE)
        turn = Turn(await submitted(jobs, tmp_path), 1)
        await jobs.queue.take()
        attempt = Attempt(started=now())
        jobs.store.claim(turn, attempt)
        for _ in range(3):
            await upkeep.look()
            await asyncio.sleep(2 * LEASE)
            assert jobs.store.beat(turn, None)
        await upkeep.look()
        assert await jobs.queue.take() is None
        await jobs.close()

    asyncio.run(check())


def test_a_document_that_kills_its_gateways_is_given_up(jobs: Jobs, tmp_path: Path) -> None:
    async def check() -> None:
        upkeep = Upkeep(jobs, lease=LEASE)
        job_id = await submitted(jobs, tmp_path)
        for number in (1, 2, 3):
            turn = await jobs.queue.take()
            assert turn == Turn(job_id, number)
            assert jobs.store.claim(turn, Attempt(started=now())) is not None
            await looked(upkeep)
        job = await jobs.get(job_id)
        assert job.status == "failed"
        assert job.end is not None
        assert job.end.fault is not None
        assert job.end.fault.code == "job_lost"
        assert await jobs.queue.take() is None
        await jobs.close()

    asyncio.run(check())


def test_files_that_can_not_be_read_hinder_no_other_job(jobs: Jobs, tmp_path: Path) -> None:
    async def check() -> None:
        upkeep = Upkeep(jobs, lease=LEASE)
        broken, whole = [await submitted(jobs, tmp_path) for _ in range(2)]
        (jobs.store.folder / broken / "end.json").write_text("{")
        await jobs.queue.take()
        await jobs.queue.take()
        await looked(upkeep)
        assert await jobs.queue.take() == Turn(whole, 1)
        await jobs.close()

    asyncio.run(check())


def test_a_turn_that_can_not_be_read_hinders_no_other(jobs: Jobs, tmp_path: Path) -> None:
    async def check() -> None:
        upkeep = Upkeep(jobs, lease=LEASE)
        jobs.queue._storage.enqueue(b"\xff nonsense", priority=9)
        job_id = await submitted(jobs, tmp_path)
        await looked(upkeep)
        with pytest.raises(ValueError, match="utf-8"):
            await jobs.queue.take()
        assert await jobs.queue.take() == Turn(job_id, 1)
        await looked(upkeep)
        assert await jobs.queue.take() == Turn(job_id, 1)
        await jobs.close()

    asyncio.run(check())


def test_a_full_disk_is_told_once_and_outlived(
    jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def check() -> None:
        job_id = await submitted(jobs, tmp_path)
        await jobs.queue.take()
        running = asyncio.create_task(Upkeep(jobs, lease=LEASE).run())
        with monkeypatch.context() as no_room:
            no_room.setattr(jobs.queue, "put", refused)
            await asyncio.sleep(10 * LEASE)
        assert len(caplog.records) == 1
        assert "JOBS_DIR" in caplog.text
        await asyncio.sleep(5 * LEASE)
        assert await jobs.queue.take() == Turn(job_id, 1)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await jobs.close()

    async def refused(*_: object, **__: object) -> None:
        raise full("JOBS_DIR")

    asyncio.run(check())


def test_jobs_that_vanish_between_two_looks_are_forgotten(jobs: Jobs, tmp_path: Path) -> None:
    async def check() -> None:
        upkeep = Upkeep(jobs, lease=LEASE)
        job_id = await submitted(jobs, tmp_path)
        await jobs.queue.take()
        jobs.store.end(job_id, End(status="cancelled", ended=now()))
        await upkeep.look()
        shutil.rmtree(jobs.store.folder / job_id)
        await looked(upkeep)
        assert await jobs.queue.take() is None
        assert await jobs.of_client("a", limit=9) == []
        await jobs.close()

    asyncio.run(check())
