"""Whose fault it is that a document can't be fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from archive import supply
from archive.errors import SourceFailed
from archive.stores import Changed, NoRoom
from archive.supply import Supply

from .made import document

A, B = document("a.pdf"), document("b.pdf")
SLOW = OSError("SlowDown")


@dataclass
class Source:
    """A store, and the time, which goes on while somebody waits. `fails` and `is_away` say how it is at a moment."""

    now: float = 0.0
    fails: Callable[[str, float], OSError | None] = lambda key, now: None
    is_away: Callable[[float], bool] = lambda now: False
    pauses: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def check(self) -> None:
        if self.is_away(self.now):
            raise OSError("no connection")

    @contextmanager
    def fetched(self, key: str, version: str) -> Iterator[Path]:
        if self.is_away(self.now):
            raise OSError("no connection")
        if error := self.fails(key, self.now):
            raise error
        yield Path("/copies") / key


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Source:
    made = Source()
    monkeypatch.setattr(supply, "open_store", lambda url: made)
    return made


def supplied(source: Source, attempts: int = 3, patience: float = 60) -> Supply:
    return Supply(attempts, patience, clock=lambda: source.now, sleep=source.sleep)


def test_a_document_is_used_as_a_file(source: Source) -> None:
    assert supplied(source).use(A, lambda path: path.name) == "a.pdf"
    assert source.pauses == []


@pytest.mark.parametrize("error", [FileNotFoundError(), Changed(), NoRoom()])
def test_what_will_not_pass_is_not_waited_for(source: Source, error: OSError) -> None:
    source.fails = lambda key, now: error
    with pytest.raises(type(error)):
        supplied(source).use(A, str)
    assert source.pauses == []


def test_what_may_pass_is_tried_again_and_is_the_document_s_fault_in_the_end(source: Source) -> None:
    source.fails = lambda key, now: SLOW if now < 3 else None
    assert supplied(source).use(A, str) == "/copies/a.pdf"
    assert source.pauses == [1, 2]
    source.fails = lambda key, now: SLOW
    with pytest.raises(OSError, match="SlowDown"):
        supplied(source).use(A, str)
    assert source.pauses == [1, 2, 1, 2]


def test_a_file_that_breaks_while_it_is_used_is_fetched_again(source: Source) -> None:
    errors = [OSError("stale file handle")]

    def work(path: Path) -> str:
        if errors:
            raise errors.pop()
        return path.name

    assert supplied(source).use(A, work) == "a.pdf"


def test_a_source_that_is_away_for_minutes_is_waited_for(source: Source) -> None:
    source.is_away = lambda now: now < 250
    assert supplied(source, attempts=1, patience=300).use(A, str) == "/copies/a.pdf"
    assert source.pauses[:6] == [1, 2, 4, 8, 16, 30]


def test_a_source_that_stays_away_ends_the_run(source: Source) -> None:
    source.is_away = lambda now: True
    with pytest.raises(SourceFailed, match="nothing of /in could be read for 60 s: no connection"):
        supplied(source).use(A, str)
    assert 60 < source.now < 100


def test_short_absences_do_not_add_up(source: Source) -> None:
    source.is_away = lambda now: int(now) % 8 < 6
    source.fails = lambda key, now: SLOW if now < 200 else None
    assert supplied(source, attempts=100, patience=60).use(A, str) == "/copies/a.pdf"


def test_a_source_that_answers_and_gives_no_document_ends_the_run(source: Source) -> None:
    source.fails = lambda key, now: OSError("AccessDenied")
    tried = supplied(source)
    for _ in range(49):
        with pytest.raises(OSError, match="AccessDenied"):
            tried.use(A, str)
    with pytest.raises(SourceFailed, match="nothing of /in could be read for 60 s: AccessDenied"):
        tried.use(A, str)


def test_one_document_that_can_be_read_is_enough(source: Source) -> None:
    source.fails = lambda key, now: OSError("AccessDenied") if key == A.key else None
    tried = supplied(source)
    for _ in range(3):
        for _ in range(30):
            with pytest.raises(OSError, match="AccessDenied"):
                tried.use(A, str)
        tried.use(B, str)


def test_many_that_fail_at_once_are_not_yet_the_source_s_fault(source: Source) -> None:
    source.fails = lambda key, now: OSError("AccessDenied")
    tried = supplied(source, attempts=1)
    for _ in range(200):
        with pytest.raises(OSError, match="AccessDenied"):
            tried.use(A, str)
