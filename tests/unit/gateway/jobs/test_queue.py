"""The order of jobs, here in the embedded queue; tests/jobs has the same in Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from gateway.errors import JobsUnavailable
from gateway.jobs.job import Turn
from gateway.jobs.queue import JobQueue, in_file, in_redis

OpenQueue = Callable[[], JobQueue]


def run(queue: JobQueue, work: Callable[[JobQueue], Awaitable[None]]) -> None:
    async def whole() -> None:
        try:
            await work(queue)
        finally:
            await queue.close()

    asyncio.run(whole())


@pytest.fixture
def open_queue(tmp_path: Path) -> OpenQueue:
    return lambda: JobQueue(in_file(tmp_path / "queue.db", "q"))


async def order(queue: JobQueue) -> list[str]:
    taken = []
    while (turn := await queue.take()) is not None:
        taken.append(turn.id)
    return taken


def test_clients_take_turns_and_each_ones_jobs_keep_their_order(open_queue: OpenQueue) -> None:
    async def work(queue: JobQueue) -> None:
        for number in range(4):
            await queue.put(Turn(f"a{number}", 1), "a client")
        for number in range(2):
            await queue.put(Turn(f"b{number}", 1), "b")
        await queue.put(Turn("c0", 1), "c")
        assert await order(queue) == ["a0", "b0", "c0", "a1", "b1", "a2", "a3"]

    run(open_queue(), work)


def test_who_comes_late_does_not_overtake_those_who_wait_long(open_queue: OpenQueue) -> None:
    async def work(queue: JobQueue) -> None:
        for number in range(3):
            await queue.put(Turn(f"a{number}", 1), "a")
        assert await queue.take() == Turn("a0", 1)
        assert await queue.take() == Turn("a1", 1)
        await queue.put(Turn("b0", 1), "b")
        assert await order(queue) == ["a2", "b0"]

    run(open_queue(), work)


def test_what_comes_back_is_first_and_what_is_removed_is_gone(open_queue: OpenQueue) -> None:
    async def work(queue: JobQueue) -> None:
        for name in ("a", "b", "c"):
            await queue.put(Turn(name, 1), "one")
        await queue.put(Turn("again", 2), "one", first=True)
        await queue.remove("b")
        await queue.remove("unknown")
        assert [item.turn for item in await queue.waiting()] == [Turn("again", 2), Turn("a", 1), Turn("c", 1)]
        assert await order(queue) == ["again", "a", "c"]

    run(open_queue(), work)


def test_a_queue_outlives_its_gateway(open_queue: OpenQueue) -> None:
    async def fill(queue: JobQueue) -> None:
        await queue.put(Turn("a", 1), "one")

    async def look(queue: JobQueue) -> None:
        assert await order(queue) == ["a"]

    run(open_queue(), fill)
    run(open_queue(), look)


def test_a_queue_that_is_not_reached_says_so() -> None:
    async def work(queue: JobQueue) -> None:
        with pytest.raises(JobsUnavailable) as raised:
            await queue.put(Turn("a", 1), "one")
        assert raised.value.retry_after
        assert "secret" not in raised.value.message

    run(JobQueue(in_redis("redis://:secret@127.0.0.1:1/0", "q")), work)
