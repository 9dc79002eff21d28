from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.turns import Turns


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_clients_take_turns_and_each_keeps_its_order() -> None:
    async def check() -> None:
        turns, order = Turns(1), list[str]()

        async def work(client: str, number: int) -> None:
            async with turns.turn(client):
                order.append(f"{client}{number}")
                await asyncio.sleep(0)

        long = [asyncio.create_task(work("long", number)) for number in range(5)]
        await asyncio.sleep(0)
        short = [asyncio.create_task(work("short", number)) for number in range(2)]
        await asyncio.gather(*long, *short)
        assert order == ["long0", "long1", "long2", "short0", "long3", "short1", "long4"]
        assert (turns.held, turns.waiting) == (0, 0)

    asyncio.run(check())


def test_a_client_at_its_own_limit_is_passed_by() -> None:
    async def check() -> None:
        turns, release = Turns(3, each=2), asyncio.Event()

        async def work(client: str) -> None:
            async with turns.turn(client):
                await release.wait()

        tasks = [asyncio.create_task(work("a")) for _ in range(3)]
        await settled()
        assert (turns.held, turns.waiting_of("a"), turns.is_free("b")) == (2, 1, True)
        tasks.append(asyncio.create_task(work("b")))
        await settled()
        assert (turns.held, turns.waiting) == (3, 1)
        release.set()
        await asyncio.gather(*tasks)

    asyncio.run(check())


def test_a_limit_that_grows_lets_those_in_who_wait_before_newcomers() -> None:
    async def check() -> None:
        limit, release, order = [1], asyncio.Event(), list[str]()
        turns = Turns(lambda: limit[0])

        async def work(name: str) -> None:
            async with turns.turn(name):
                order.append(name)
                await release.wait()

        tasks = [asyncio.create_task(work(name)) for name in ("first", "second", "third")]
        await settled()
        assert (order, turns.waiting) == (["first"], 2)
        limit[0] = 3
        tasks.append(asyncio.create_task(work("newcomer")))
        await settled()
        assert (order, turns.waiting) == (["first", "second", "third"], 1)
        limit[0] = 1
        release.set()
        await asyncio.gather(*tasks)
        assert (turns.held, turns.waiting) == (0, 0)

    asyncio.run(check())


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.integers(0, 4)), max_size=30),
    st.integers(1, 3),
    st.integers(1, 3),
)
def test_no_place_is_lost_or_made_whoever_is_cancelled_when(
    asked: list[tuple[str, bool, int]], limit: int, each: int
) -> None:
    async def check() -> None:
        turns, held = Turns(limit, each), {"a": 0, "b": 0, "c": 0}

        async def work(client: str, pauses: int) -> None:
            async with turns.turn(client):
                held[client] += 1
                assert sum(held.values()) <= limit
                assert held[client] <= each
                try:
                    for _ in range(pauses):
                        await asyncio.sleep(0)
                finally:
                    held[client] -= 1

        tasks = []
        for client, is_cancelled, pauses in asked:
            tasks.append(asyncio.create_task(work(client, pauses)))
            await asyncio.sleep(0)
            if is_cancelled:
                tasks[len(tasks) // 2].cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(result is None or isinstance(result, asyncio.CancelledError) for result in done)
        assert (turns.held, turns.waiting) == (0, 0)
        assert turns.is_free("a")

    asyncio.run(check())


def test_who_holds_fewest_places_is_next() -> None:
    async def check() -> None:
        turns, first, rest, order = Turns(2), asyncio.Event(), asyncio.Event(), list[str]()

        async def work(client: str, release: asyncio.Event) -> None:
            async with turns.turn(client):
                order.append(client)
                await release.wait()

        tasks = [asyncio.create_task(work("a", release)) for release in (first, rest, rest)]
        await settled()
        tasks.append(asyncio.create_task(work("b", rest)))
        await settled()
        first.set()
        await settled()
        assert order == ["a", "a", "b"]
        rest.set()
        await asyncio.gather(*tasks)

    asyncio.run(check())
