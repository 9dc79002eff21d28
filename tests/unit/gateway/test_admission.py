from __future__ import annotations

import asyncio

import pytest

from gateway.admission import Admission
from gateway.deadline import Deadline
from gateway.errors import DeadlineExceeded, Draining, TooManyRequests


async def hold(admission: Admission, release: asyncio.Event, order: list[int], number: int, client: str = "a") -> None:
    async with admission.permit(client, Deadline.after(20)):
        order.append(number)
        await release.wait()


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_first_come_first_served_and_no_more_than_the_limit() -> None:
    async def check() -> None:
        admission, release, order = Admission(2, 3), asyncio.Event(), list[int]()
        tasks = [asyncio.create_task(hold(admission, release, order, number)) for number in range(5)]
        await settled()
        assert (admission.in_flight, admission.waiting, order) == (2, 3, [0, 1])
        with pytest.raises(TooManyRequests):
            async with admission.permit("a", Deadline.after(20)):
                pass
        release.set()
        await asyncio.gather(*tasks)
        assert (admission.in_flight, admission.waiting, order) == (0, 0, [0, 1, 2, 3, 4])

    asyncio.run(check())


def test_who_gives_up_waiting_leaves_no_permit_behind() -> None:
    async def check() -> None:
        admission, release, order = Admission(1, 3), asyncio.Event(), list[int]()
        holder = asyncio.create_task(hold(admission, release, order, 0))
        await settled()
        gone = asyncio.create_task(hold(admission, release, order, 1))
        with pytest.raises(DeadlineExceeded):
            async with admission.permit("a", Deadline.after(0.05)):
                pass
        gone.cancel()
        last = asyncio.create_task(hold(admission, release, order, 2))
        await settled()
        assert admission.waiting == 1
        release.set()
        await asyncio.gather(holder, last)
        assert (admission.in_flight, order) == (0, [0, 2])

    asyncio.run(check())


def test_a_permit_that_comes_in_the_moment_of_cancelling_is_passed_on() -> None:
    async def check() -> None:
        admission, release, order = Admission(1, 3), asyncio.Event(), list[int]()
        holder = asyncio.create_task(hold(admission, release, order, 0))
        await settled()
        waiter = asyncio.create_task(hold(admission, release, order, 1))
        await settled()
        holder.cancel()
        # One turn of the loop: the permit has been handed over, but the waiter has not run yet.
        await asyncio.sleep(0)
        waiter.cancel()
        await asyncio.gather(holder, waiter, return_exceptions=True)
        assert (admission.in_flight, admission.waiting) == (0, 0)

    asyncio.run(check())


def test_closing_sends_the_waiting_away_and_lets_the_others_end() -> None:
    async def check() -> None:
        admission, release, order = Admission(1, 3), asyncio.Event(), list[int]()
        holder = asyncio.create_task(hold(admission, release, order, 0))
        await settled()
        waiter = asyncio.create_task(hold(admission, release, order, 1))
        await settled()
        admission.close()
        with pytest.raises(Draining):
            await waiter
        assert not holder.done()
        release.set()
        await holder
        assert admission.in_flight == 0

    asyncio.run(check())


def test_one_client_leaves_places_and_room_in_the_queue_for_others() -> None:
    async def check() -> None:
        admission, release, order = Admission(4, 4, share=0.75), asyncio.Event(), list[int]()
        greedy = [asyncio.create_task(hold(admission, release, order, number)) for number in range(6)]
        await settled()
        assert (admission.in_flight, admission.waiting) == (3, 3)
        with pytest.raises(TooManyRequests, match="CLIENT_SHARE"):
            async with admission.permit("a", Deadline.after(20)):
                pass
        other = asyncio.create_task(hold(admission, release, order, 6, "b"))
        await settled()
        assert order == [0, 1, 2, 6]
        release.set()
        await asyncio.gather(*greedy, other)
        assert (admission.in_flight, admission.waiting) == (0, 0)

    asyncio.run(check())
