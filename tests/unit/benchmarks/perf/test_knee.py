from __future__ import annotations

import pytest

from benchmarks.perf.knee import limit, saturation, usable
from benchmarks.perf.levels import Level, Profile
from tests.unit.benchmarks.perf.curves import level


def test_one_server_is_saturated_by_one_request():
    assert saturation([level(1, 3.0), level(2, 3.0), level(8, 2.9)]) == 1.0


def test_four_servers_are_saturated_by_four_requests():
    # The bounds are met: N a second up to four, then four.
    assert saturation([level(number, min(number, 4.0)) for number in (1, 2, 4, 8, 16)]) == 4.0


def test_saturation_lies_between_two_levels_where_the_bounds_cross_there():
    assert saturation([level(1, 2.0), level(2, 3.6), level(4, 5.0)]) == 2.5


def test_the_limit_is_a_multiple_of_the_p95_of_one_request_at_a_time():
    assert limit([level(1, 2.0, p95=300), level(2, 3.0, p95=500)]) == 900
    assert limit([level(1, 2.0, p95=300)], slowdown=2) == 600


def profile(*offered: Level) -> Profile:
    """A target that answers up to ten a second, and one at a time within 100 ms."""
    return Profile(target="made", unit="page", closed=(level(1, 8.0, p95=100), level(2, 10.0, p95=150)), open=offered)


def test_the_usable_rate_is_the_highest_whose_latency_keeps_to_the_limit():
    # An M/M/1 queue that serves ten a second: p95 is 100 ms without load, and 100 / (1 - rate / 10).
    found = usable(profile(*(level(rate, rate, p95=1000 / (10 - rate)) for rate in (3, 5, 6, 7, 8, 9))))
    assert found
    assert found.load == 6


def test_a_rate_that_is_turned_away_is_not_usable_however_fast_the_answers_are():
    made = profile(level(1, 1), level(2, 2, good=0.95), level(3, 2.8, good=0.94))
    assert usable(made) == made.open[1]


def test_a_rate_that_can_not_be_answered_for_long_is_not_usable_however_short_the_run_was():
    made = profile(level(9, 9), level(10, 10), level(13, 10))
    assert usable(made) == made.open[0]


def test_a_hiccup_at_a_lower_rate_takes_nothing_from_a_higher_one():
    made = profile(level(1, 1), level(2, 2, p95=900), level(3, 3))
    assert usable(made) == made.open[2]


@pytest.mark.parametrize("first", [level(1, 1, p95=301), level(1, 0.9, good=0.9), level(10, 10)])
def test_where_every_rate_is_too_much_none_is_usable(first):
    assert usable(profile(first, level(11, 10))) is None
