from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from benchmarks.perf.analyzer import TurnedAway
from benchmarks.perf.levels import Inside, Level, Profile
from benchmarks.perf.profiling import Plan, profile
from benchmarks.perf.server import Server
from tests.unit.benchmarks.perf import curves


@dataclass
class Asked:
    """A target that answers at most four requests a second, and notes what is asked of it."""

    name: str = "made"
    model: str = "ocr"
    unit: str = "page"
    distinct: int = 10
    loads: list[tuple[str, float, float]] = field(default_factory=list)

    def closed(self, concurrency: int, seconds: float) -> Level:
        self.loads.append(("closed", concurrency, seconds))
        return curves.level(concurrency, min(concurrency, 4.0))

    def open(self, rate: float, count: int) -> Level:
        self.loads.append(("open", rate, count))
        return curves.level(rate, min(rate, 4.0))


class Watched(Server):
    """A server whose inside is known."""

    @contextmanager
    def watched(self, model: str) -> Iterator[Callable[[], Inside]]:
        assert model == "ocr"
        yield lambda: Inside(cpu=0.25)


def test_a_profile_warms_up_then_rises_and_offers_shares_of_the_most_that_was_answered():
    asked, told = Asked(), []
    plan = Plan(concurrency=(1, 2, 8), shares=(0.5, 1.0, 1.5), seconds=6, least=20)
    found = profile(Watched("", "", ""), asked, plan, told.append)
    assert asked.loads == [
        ("closed", 8, 3),
        ("closed", 1, 6),
        ("closed", 2, 6),
        ("closed", 8, 6),
        # In whole rounds of the ten requests: twenty at least, six seconds at least.
        ("open", 2.0, 20),
        ("open", 4.0, 30),
        ("open", 6.0, 40),
    ]
    assert [level.load for level in found.closed] == [1, 2, 8]
    assert [level.answered for level in found.open] == [2, 4, 4]
    assert {level.inside.cpu for level in (*found.closed, *found.open)} == {0.25}
    assert len(told) == 6


def test_rates_rise_until_requests_are_refused():
    class Busy(Asked):
        def open(self, rate: float, count: int) -> Level:
            if rate > 5:
                raise TurnedAway("[overloaded]")
            return super().open(rate, count)

    told: list[str] = []
    plan = Plan(concurrency=(1, 8), shares=(0.5, 1.0, 1.5, 2.0))
    found = profile(Watched("", "", ""), Busy(), plan, told.append)
    assert [level.load for level in found.open] == [2, 4]
    assert "6.00/s: requests are refused" in told[-1]


@pytest.mark.parametrize(("rate", "count"), [(0.1, 44), (10, 154), (0.5, 44)])
def test_an_open_level_is_long_enough_and_in_whole_rounds(rate, count):
    assert Plan(seconds=15, least=44).count(rate, 22) == count


def test_a_profile_is_kept_from_one_run_to_the_next(tmp_path):
    made = curves.profile()
    made.save(tmp_path / "kept")
    assert Profile.load(tmp_path / "kept", "gateway") == made
    assert Profile.load(tmp_path / "kept", "ocr") is None
