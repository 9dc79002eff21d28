from __future__ import annotations

import time

import pytest

from supervisor.errors import GaveUp
from supervisor.restarts import Restarts
from supervisor.settings import Settings


def test_the_delay_doubles_up_to_its_cap_and_then_it_gives_up() -> None:
    restarts = Restarts(Settings(restarts_max=6, restart_delay=1, restart_delay_max=5))
    assert [restarts.next_delay() for _ in range(6)] == [0, 1, 2, 4, 5, 5]
    with pytest.raises(GaveUp, match="6 restarts within 600 seconds"):
        restarts.next_delay()
    assert restarts.total == 6


def test_a_restart_long_ago_is_forgotten() -> None:
    restarts = Restarts(Settings(restarts_max=1, restarts_window=0.01))
    restarts.next_delay()
    time.sleep(0.02)
    assert restarts.next_delay() == 0
