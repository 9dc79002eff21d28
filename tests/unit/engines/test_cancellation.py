from __future__ import annotations

from concurrent.futures import Future

import pytest

from engines.cancellation import Cancellations
from engines.errors import Cancelled


def test_a_key_cancels_its_works_and_no_others() -> None:
    cancellations = Cancellations()
    works: list[Future[str]] = [Future() for _ in range(4)]
    for key, work in zip(("a", "a", "b", None), works, strict=True):
        cancellations.watch(key, work)
    works[0].set_result("done before")
    cancellations.cancel("a")
    assert [work.cancelled() for work in works] == [False, True, False, False]


def test_what_comes_behind_its_cancellation_is_refused() -> None:
    cancellations = Cancellations()
    cancellations.cancel("a")
    with pytest.raises(Cancelled):
        cancellations.check("a")
    cancellations.check("b")
    cancellations.check(None)
    late: Future[str] = Future()
    cancellations.watch("a", late)
    assert late.cancelled()


def test_memory_is_bounded() -> None:
    cancellations = Cancellations()
    for number in range(5000):
        cancellations.cancel(str(number))
        work: Future[str] = Future()
        cancellations.watch(f"w{number}", work)
        work.set_result("")
    assert len(cancellations._cancelled) < 5000
    assert cancellations._open == {}
