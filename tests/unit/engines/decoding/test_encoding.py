"""Pictures that are encoded beside the loop: the official texts, one crop's trouble its own, and no end of waiting."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

import pytest

from engines.errors import EngineFailure
from engines.vlm.base import PROMPTS
from tests.unit.engines.decoding.conftest import encoded_prompts, noise
from tests.waiting import until


@pytest.mark.parametrize(("slots", "budget"), [(12, 65536), (5, 65536), (4, 1280)])
def test_texts_are_those_of_the_official_engine(make_bench, slots, budget):
    bench = make_bench(slots, budget, encodes_ahead=True)
    crops = [noise(seed, PROMPTS[seed % 6], max_new_tokens=20 + 37 * (seed % 8)) for seed in range(12)]
    texts = bench.run(bench.rows(crops))
    assert [text.text for text in texts] == [bench.official(crop) for crop in crops]


def test_a_row_that_starts_anew_is_not_encoded_again(make_bench, monkeypatch):
    bench = make_bench(slots=8, budget=1024, encodes_ahead=True)
    encoded = encoded_prompts(bench, monkeypatch)
    begun = []
    rows = bench.rows([noise(seed, max_new_tokens=120) for seed in range(16)])
    for row in rows:
        monkeypatch.setattr(row, "begin", lambda row=row, begin=row.begin: (begun.append(row), begin())[1])
    bench.run(rows)
    assert len(begun) > len(rows)
    assert len(encoded) == len(rows)


def test_pictures_are_encoded_without_a_turn_of_the_loop_and_their_patches_go(make_bench):
    bench = make_bench(encodes_ahead=True)
    rows = bench.rows([noise(seed) for seed in range(3)])
    bench.loop.submit(rows)
    until(lambda: all(row.is_encoded for row in rows))
    assert [row.image.shape[0] for row in rows] == [row.prompt.image_tokens for row in rows]
    assert all(row.prompt.patches.size == 0 for row in rows)
    assert not any(row.generated for row in rows)


def test_no_more_are_encoded_than_are_soon_needed(make_bench, monkeypatch):
    monkeypatch.setattr("engines.decoding.waiting.AHEAD_TOKENS", 1)
    bench = make_bench(encodes_ahead=True)
    encoded = encoded_prompts(bench, monkeypatch)
    crops = [noise(seed) for seed in range(4)]
    rows = bench.rows(crops)
    bench.loop.submit(rows)
    until(lambda: rows[0].is_encoded)
    time.sleep(0.3)
    assert len(encoded) == 1
    # And the first that waits always is: all of them are read.
    assert [text.text for text in bench.finish(rows)] == [bench.official(crop) for crop in crops]


def test_a_picture_that_breaks_the_tower_fails_its_crop_alone(make_bench, monkeypatch):
    bench = make_bench(encodes_ahead=True)
    rows = bench.rows([noise(seed) for seed in range(4)])
    bad = rows[1].prompt
    encode = bench.tower.encode

    def breaks_on_one(prompts, slice_patches):
        if bad in prompts:
            raise RuntimeError("an operator refused")
        return encode(prompts, slice_patches)

    monkeypatch.setattr(bench.tower, "encode", breaks_on_one)
    bench.loop.submit(rows)
    texts = bench.finish([row for row in rows if row is not rows[1]])
    assert [text.text for text in texts] == [bench.official(noise(seed)) for seed in (0, 2, 3)]
    with pytest.raises(EngineFailure, match="could not be read: RuntimeError"):
        rows[1].future.result()
    assert rows[1] not in bench.loop.rows()


def test_a_row_that_is_left_is_encoded_no_further(make_bench, monkeypatch):
    bench = make_bench(encodes_ahead=True)
    left, next_one = bench.rows([noise(0), noise(1)])
    with _held(bench, monkeypatch) as held:
        bench.loop.submit([left, next_one])
        assert held.wait(30)
        left.future.cancel()
    [text] = bench.finish([next_one])
    assert text.text == bench.official(noise(1))
    assert not left.is_encoded
    assert bench.loop.is_idle


def test_deadlines_pass_while_the_first_picture_is_encoded(make_bench, monkeypatch):
    bench = make_bench(encodes_ahead=True)
    slow, late = bench.rows([noise(0), noise(1, deadline=time.time() + 0.2)])
    with _held(bench, monkeypatch) as held:
        bench.loop.submit([slow, late])
        assert held.wait(30)
        [text] = bench.finish([late])
        assert (text.finish_reason, text.tokens) == ("deadline", 0)
        assert not slow.future.done()
    assert bench.finish([slow])[0].text == bench.official(noise(0))


def test_rows_decode_while_the_picture_of_another_is_encoded(make_bench, monkeypatch):
    bench = make_bench(encodes_ahead=True)
    first, second = bench.rows([noise(0, max_new_tokens=60), noise(1)])
    bench.begin(first)
    with _held(bench, monkeypatch) as held:
        bench.loop.submit([second])
        assert held.wait(30)
        bench.finish([first])
        assert not second.is_encoded
    assert bench.finish([second])[0].text == bench.official(noise(1))


def test_time_in_the_tower_is_the_engines_not_the_queues(make_bench, monkeypatch):
    bench = make_bench(encodes_ahead=True)
    [row] = bench.rows([noise(0, max_new_tokens=1)])
    with _held(bench, monkeypatch) as held:
        bench.loop.submit([row])
        assert held.wait(30)
        time.sleep(0.5)
    [text] = bench.finish([row])
    assert text.engine_seconds >= 0.5


def test_a_tower_that_hangs_shows_no_sign_of_life(make_bench, monkeypatch):
    """Not even while the loop waits for it, nor while others decode."""
    bench = make_bench(encodes_ahead=True)
    [first, second] = bench.rows([noise(0, max_new_tokens=4000), noise(1)])
    bench.begin(first)
    with _held(bench, monkeypatch) as held:
        bench.loop.submit([second])
        assert held.wait(30)
        bench.turn()
        stood = bench.loop.beat
        bench.turn()
        assert bench.loop.beat == stood
        first.future.cancel()
        bench.turn()
        bench.turn()
        assert bench.loop.beat == stood
    bench.finish([second])
    assert bench.loop.beat > stood


@contextmanager
def _held(bench, monkeypatch):
    """The tower stands still in the first picture from now on, until the block's end; tells when it does."""
    held, released = threading.Event(), threading.Event()
    encode = bench.tower.encode

    def standing(prompts, slice_patches):
        if not held.is_set():
            held.set()
            assert released.wait(60)
        return (yield from encode(prompts, slice_patches))

    monkeypatch.setattr(bench.tower, "encode", standing)
    try:
        yield held
    finally:
        released.set()
