from __future__ import annotations

import anyio
import anyio.lowlevel

from cli.concurrency import Concurrency


def test_a_full_server_halves_it_once_a_wait_and_answers_bring_it_back() -> None:
    now = 0.0

    async def run() -> None:
        nonlocal now
        concurrency = Concurrency(8, clock=lambda: now)
        for _ in range(5):
            concurrency.full(2.0)
        assert concurrency.limit == 4
        for expected in (2, 1, 1):
            now += 2
            concurrency.full(2.0)
            assert concurrency.limit == expected
        limits = []
        for _ in range(40):
            concurrency.passed()
            limits.append(concurrency.limit)
        assert limits[:4] == [2, 2, 3, 3]
        assert limits[-1] == 8

    anyio.run(run)


def test_no_more_than_the_limit_are_in_their_place() -> None:
    async def run() -> None:
        concurrency = Concurrency(4)
        concurrency.full(60)
        inside = most = 0

        async def one() -> None:
            nonlocal inside, most
            async with concurrency.place:
                inside += 1
                most = max(most, inside)
                await anyio.lowlevel.checkpoint()
                inside -= 1

        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(one)
        assert most == 2

    anyio.run(run)
