from __future__ import annotations

import threading

import pytest

from engines.lite.workers import FairPool, Owner


def test_a_short_owner_does_not_wait_for_a_long_one() -> None:
    pool = FairPool(1, "test")
    done: list[str] = []
    gate, finished = threading.Event(), threading.Event()
    pool.submit(Owner(), lambda: gate.wait(5) and None)
    pool.submit(Owner(), *[lambda: done.append("long")] * 10, finished.set)
    pool.submit(Owner(), lambda: done.append("short"))
    gate.set()
    assert finished.wait(5)
    pool.close()
    assert done.index("short") == 1


def test_an_exception_reaches_whoever_waits_and_no_one_else() -> None:
    pool = FairPool(1, "test")

    def broken() -> int:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        pool.call(Owner(), broken).result(5)
    assert pool.call(Owner(), lambda: 1).result(5) == 1
    pool.close()


def test_a_closed_pool_takes_nothing() -> None:
    pool = FairPool(2, "test")
    pool.close()
    with pytest.raises(RuntimeError, match="closed"):
        pool.call(Owner(), lambda: 1)


def test_all_threads_work_for_one_owner() -> None:
    pool = FairPool(2, "test")
    meeting = threading.Barrier(2)
    owner = Owner()
    calls = [pool.call(owner, lambda: meeting.wait(5)) for _ in range(2)]
    assert sorted(call.result(5) for call in calls) == [0, 1]
    pool.close()
