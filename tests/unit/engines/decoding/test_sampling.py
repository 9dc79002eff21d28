"""The next token: greedy as the official engine, or sampled as asked."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from engines.decoding.sampling import choose, is_greedy
from engines.vlm.base import VlmOptions
from tests.unit.engines.decoding.conftest import noise

SCORES = np.log(np.array([0.5, 0.3, 0.15, 0.05], np.float32))


def _counts(options: VlmOptions, seen: tuple[int, ...] = ()) -> dict[int, float]:
    random = np.random.default_rng(0)
    drawn = Counter(choose(SCORES.copy(), np.array(seen, np.int64), options, random) for _ in range(4000))
    return {token: count / 4000 for token, count in drawn.items()}


def test_temperature_draws_by_probability():
    assert _counts(VlmOptions(temperature=1.0)) == pytest.approx({0: 0.5, 1: 0.3, 2: 0.15, 3: 0.05}, abs=0.03)


def test_a_low_temperature_sharpens():
    assert _counts(VlmOptions(temperature=0.1))[0] > 0.98


def test_top_p_leaves_the_unlikely_out():
    assert set(_counts(VlmOptions(temperature=1.0, top_p=0.6))) == {0, 1}
    assert set(_counts(VlmOptions(temperature=1.0, top_p=0.01))) == {0}
    assert set(_counts(VlmOptions(temperature=1.0, top_p=1.0))) == {0, 1, 2, 3}


def test_top_p_is_found_in_a_flat_vocabulary_too():
    random = np.random.default_rng(0)
    options = VlmOptions(temperature=1.0, top_p=0.9)
    drawn = {choose(np.zeros(5000, np.float32), np.array([], np.int64), options, random) for _ in range(3000)}
    assert len(drawn) > 2000


@pytest.mark.parametrize(
    "options",
    [{"temperature": 1e-308}, {"temperature": 1e-308, "top_p": 0.5}, {"temperature": 1, "repetition_penalty": 1e-323}],
)
def test_extreme_options_choose_a_token_all_the_same(options):
    random = np.random.default_rng(0)
    assert choose(SCORES.copy(), np.array([0]), VlmOptions(**options), random) in range(4)


def test_the_penalty_makes_seen_tokens_less_likely_whatever_their_sign():
    options = VlmOptions(repetition_penalty=2.0)
    random = np.random.default_rng(0)
    assert choose(np.array([-1.0, -1.5], np.float32), np.array([0]), options, random) == 1
    assert choose(np.array([3.0, 2.0], np.float32), np.array([0]), options, random) == 1
    assert choose(np.array([3.0, 1.0], np.float32), np.array([0]), options, random) == 0


@pytest.mark.parametrize(
    ("options", "greedy"),
    [
        ({}, True),
        ({"temperature": 0}, True),
        ({"top_p": 0.5}, True),
        ({"repetition_penalty": 1.0}, True),
        ({"repetition_penalty": 1.1}, False),
        ({"temperature": 0.2}, False),
    ],
)
def test_rows_are_greedy_unless_asked(options, greedy):
    assert is_greedy(VlmOptions(**options)) is greedy


def test_sampled_rows_repeat_with_their_seed_and_leave_greedy_ones_alone(make_bench):
    bench = make_bench()
    greedy = noise(0)
    sampled = [noise(0, temperature=3.0, seed=seed) for seed in (1, 1, 2)]
    first = bench.run(bench.rows([*sampled, greedy]))
    again = bench.run(bench.rows([greedy, *sampled[::-1]]))
    assert first[0].text == first[1].text == again[3].text == again[2].text
    assert first[2].text == again[1].text != first[0].text
    assert first[3].text == again[0].text == bench.official(greedy)
