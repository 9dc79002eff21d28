from __future__ import annotations

import math

import pytest

from ocr_client import BadGateway, ConnectionLost, OcrError, Retries, ServerUnreachable, TimedOut, Unavailable
from ocr_client.retries import Attempts

FULL = Unavailable("full", type="unavailable", code="too_many_requests", retry_after=8.0)
USED_UP = Unavailable("used up", type="unavailable", code="rate_limited", retry_after=3600.0)
LOST = BadGateway("lost", type="unknown", code="status_502")


def waits(error: OcrError, chance: float, **settings: float) -> list[float]:
    attempts = Attempts(Retries(attempts=9, **settings), repeatable=True, chance=lambda: chance)
    return [attempts.failed(error) for _ in range(8)]


def test_waits_grow_twofold_to_a_bound_with_some_chance() -> None:
    unreachable = ServerUnreachable("gone")
    assert waits(unreachable, 1.0, first_seconds=1, most_seconds=20) == [1, 2, 4, 8, 16, 20, 20, 20]
    assert waits(unreachable, 0.0, first_seconds=1, most_seconds=20) == [0.5, 1, 2, 4, 8, 10, 10, 10]


def test_what_the_server_asks_for_is_the_least() -> None:
    assert waits(FULL, 0.0) == [8.0] * 8
    assert waits(FULL, 1.0) == [10.0] * 8


def test_an_hour_is_waited_for_by_those_who_have_it_and_chance_adds_seconds() -> None:
    assert waits(USED_UP, 0.0, most_told_seconds=math.inf) == [3600] * 8
    assert waits(USED_UP, 1.0, most_told_seconds=math.inf) == [3615] * 8
    with pytest.raises(Unavailable):
        waits(USED_UP, 0.0, most_seconds=math.inf)


def test_attempts_are_counted_over_all_errors() -> None:
    attempts = Attempts(Retries(attempts=3), repeatable=True)
    attempts.failed(FULL)
    attempts.failed(ConnectionLost("cut"))
    with pytest.raises(ServerUnreachable):
        attempts.failed(ServerUnreachable("gone"))


@pytest.mark.parametrize(
    ("error", "repeatable"), [(ConnectionLost("cut"), False), (LOST, False), (TimedOut("silence"), True)]
)
def test_what_may_have_been_done_is_not_done_twice(error: OcrError, repeatable: bool) -> None:
    with pytest.raises(type(error)):
        Attempts(Retries(), repeatable=repeatable).failed(error)
