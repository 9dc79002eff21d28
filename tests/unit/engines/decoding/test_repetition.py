"""Loops are seen when they are long enough, and their text goes on as they would."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.decoding.repetition import LONGEST_PERIOD, ROUNDS, continued, loop_period


@given(
    before=st.lists(st.integers(100, 200), max_size=50),
    loop=st.lists(st.integers(0, 50), min_size=1, max_size=40, unique=True),
    rest=st.integers(0, 39),
)
def test_a_loop_is_seen_wherever_it_stands(before, loop, rest):
    rounds = max(ROUNDS, -(-64 // len(loop)))
    tokens = [*before, *loop * rounds, *loop[: rest % len(loop)]]
    assert loop_period(tokens, 64) == len(loop)


@pytest.mark.parametrize(
    "tokens",
    [
        [],
        [1] * 63,
        list(range(300)),
        [*([1, 2, 3] * 100), 4],
        list(range(LONGEST_PERIOD + 1)) * ROUNDS,
        list(range(20)) * (ROUNDS - 1),
    ],
    ids=["nothing", "too short", "no loop", "a loop that was left", "too long a period", "too few rounds"],
)
def test_what_is_no_loop_is_left_alone(tokens):
    assert loop_period(tokens, 64) is None


@given(loop=st.lists(st.integers(), min_size=1, max_size=9), start=st.integers(0, 8), length=st.integers(100, 200))
def test_a_loop_goes_on_as_it_began(loop, start, length):
    whole = [-1, *(loop * 300)][: 300 + start]
    assert continued(whole[: 60 + start], len(loop), length) == [-1, *(loop * 300)][:length]
