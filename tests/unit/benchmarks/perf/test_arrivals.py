from __future__ import annotations

import itertools
import statistics

import pytest

from benchmarks.perf.arrivals import poisson


def test_a_seed_gives_the_same_times_again_and_another_one_others():
    assert poisson(3, 20, seed=7) == poisson(3, 20, seed=7)
    assert poisson(3, 20, seed=7) != poisson(3, 20, seed=8)


@pytest.mark.parametrize(("rate", "count"), [(0.5, 10), (40, 44)])
def test_so_many_are_due_in_order_within_the_time_that_the_rate_gives_them(rate, count):
    due = poisson(rate, count)
    assert len(due) == count
    assert due == sorted(due)
    assert 0 <= due[0] < due[-1] < count / rate


def test_gaps_are_spread_like_those_of_a_poisson_process():
    gaps = [after - before for before, after in itertools.pairwise(poisson(10, 20_000))]
    assert statistics.fmean(gaps) == pytest.approx(0.1, rel=0.02)
    assert statistics.stdev(gaps) == pytest.approx(0.1, rel=0.05)
    # Every e-th gap is longer than the mean one.
    assert sum(gap > 0.1 for gap in gaps) / len(gaps) == pytest.approx(0.368, abs=0.02)
