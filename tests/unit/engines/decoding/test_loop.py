"""The decode loop: the official texts, whatever comes and goes beside them, and one crop's trouble is its own."""

from __future__ import annotations

import time

import pytest

from engines.decoding.cache import Lane
from engines.decoding.pace import Pace, Share
from engines.errors import EngineFailure
from engines.vlm.base import PROMPTS
from tests.unit.engines.decoding.conftest import encoded_prompts, noise


@pytest.mark.parametrize(("slots", "budget"), [(12, 65536), (5, 65536), (4, 1280)])
def test_texts_are_those_of_the_official_engine(make_bench, slots, budget):
    """In few slots crops join between the steps of others; in a small cache rows must also start anew."""
    bench = make_bench(slots, budget)
    crops = [noise(seed, PROMPTS[seed % 6], max_new_tokens=20 + 37 * (seed % 8)) for seed in range(12)]
    texts = bench.run(bench.rows(crops))
    assert [text.text for text in texts] == [bench.official(crop) for crop in crops]
    assert len({text.text for text in texts}) > 6
    assert {text.finish_reason for text in texts} == {"stop", "length"}


def test_a_row_decodes_while_the_rest_of_its_group_still_comes_in(make_bench, monkeypatch):
    bench = make_bench()
    _slice_by_slice(bench, monkeypatch)
    crops = [noise(seed) for seed in range(5)]
    first, *group = rows = bench.rows(crops)
    bench.begin(first)
    bench.loop.submit(group)
    while not any(row.generated for row in group):
        bench.turn()
    assert not all(row.generated for row in group)
    assert [text.text for text in bench.finish(rows)] == [bench.official(crop) for crop in crops]


def test_special_tokens_are_kept_where_asked(make_bench):
    bench = make_bench()
    crops = [noise(seed, "Spotting:", skip_special_tokens=False, max_new_tokens=200) for seed in range(6)]
    texts = bench.run(bench.rows(crops))
    assert [text.text for text in texts] == [bench.official(crop) for crop in crops]
    assert any(text.text.endswith("</s>") for text in texts)


def test_a_short_text_does_not_wait_for_a_long_one(make_bench):
    bench = make_bench(slots=2)
    long, *short = rows = bench.rows([noise(seed, max_new_tokens=1 if seed else 120) for seed in range(5)])
    bench.run(rows)
    order = [row for row, _ in bench.ended]
    assert long.future.result().finish_reason == "length"
    assert order[-1] is long
    assert set(order[:-1]) == set(short)


def test_rows_that_decode_go_on_while_others_are_admitted(make_bench, monkeypatch):
    bench = make_bench()
    _slice_by_slice(bench, monkeypatch)
    [first] = bench.rows([noise(0, max_new_tokens=4000)])
    bench.begin(first)
    late = bench.rows([noise(seed) for seed in range(1, 8)])
    bench.loop.submit(late)
    before = len(first.generated)
    while not all(row.generated for row in late):
        bench.turn()
    # Vision and prefill have many slices; a burst that stalled the others would take a single turn.
    assert len(first.generated) > before + 2


def test_a_deadline_ends_a_row_with_what_it_has(make_bench, monkeypatch):
    bench = make_bench()
    monkeypatch.setattr("engines.decoding.sampling.next_tokens", lambda logits, rows: [7 for _ in rows])
    [row] = bench.rows([noise(0, max_new_tokens=4000, deadline=time.time() + 0.3)])
    [text] = bench.run([row])
    assert text.finish_reason == "deadline"
    assert 0 < text.tokens < 4000


def test_a_row_whose_deadline_passed_is_never_begun(make_bench):
    bench = make_bench()
    late, well = bench.rows([noise(0, deadline=time.time() - 1), noise(1)])
    texts = bench.run([late, well])
    assert (texts[0].finish_reason, texts[0].tokens) == ("deadline", 0)
    assert texts[1].text == bench.official(noise(1))


@pytest.mark.parametrize("when", ["waiting", "admitted", "decoding"])
def test_a_cancelled_row_leaves_and_the_others_stay_right(make_bench, when):
    bench = make_bench(slots=2 if when == "waiting" else 8)
    crops = [noise(seed, max_new_tokens=60) for seed in range(4)]
    rows = bench.rows(crops)
    bench.loop.submit(rows)
    if when == "decoding":
        while not rows[3].generated:
            bench.turn()
    elif when == "waiting":
        bench.turn()
    rows[3].future.cancel()
    texts = bench.finish(rows[:3])
    assert [text.text for text in texts] == [bench.official(crop) for crop in crops[:3]]
    assert rows[3] not in bench.loop.rows()
    assert bench.loop.is_idle


def test_rows_that_grow_are_not_kept_from_it_by_those_that_come_in(make_bench):
    """A cache in which a group reserves the room that a row needs to go on: the row comes first, or none would move."""
    bench = make_bench(slots=8, budget=1024)
    crops = [noise(seed, max_new_tokens=120) for seed in range(16)]
    rows = bench.rows(crops)
    assert [text.text for text in bench.run(rows)] == [bench.official(crop) for crop in crops]


def test_rows_that_nobody_waits_for_leave_a_group_that_goes_on(make_bench, monkeypatch):
    bench = make_bench()
    _slice_by_slice(bench, monkeypatch)
    encoded = encoded_prompts(bench, monkeypatch)
    [first] = bench.rows([noise(0, max_new_tokens=4000)])
    bench.begin(first)
    group = bench.rows([noise(seed) for seed in range(1, 5)])
    bench.loop.submit(group)
    bench.turn()
    group[0].future.cancel()
    bench.turn()
    group[2].future.cancel()
    texts = bench.finish([group[1], group[3]])
    assert [text.text for text in texts] == [bench.official(noise(seed)) for seed in (2, 4)]
    assert len(encoded) == len(set(encoded))
    assert group[0] not in bench.loop.rows()


def test_a_group_that_nobody_waits_for_is_given_up(make_bench, monkeypatch):
    bench = make_bench()
    _slice_by_slice(bench, monkeypatch)
    [first] = bench.rows([noise(0, max_new_tokens=60)])
    bench.begin(first)
    group = bench.rows([noise(seed) for seed in range(1, 5)])
    bench.loop.submit(group)
    bench.turn()
    for row in group:
        row.future.cancel()
    bench.turn()
    assert bench.loop.rows() == [first]
    bench.finish([first])
    assert bench.cache.used == 0


def test_a_loop_that_only_turns_shows_no_sign_of_life(make_bench, monkeypatch):
    """What a watchdog looks at moves with steps and slices alone."""
    bench = make_bench()
    [row] = bench.rows([noise(0)])
    bench.loop.submit([row])
    bench.turn()
    moved = bench.loop.beat
    bench.turn()
    assert bench.loop.beat > moved
    monkeypatch.setattr(bench.loop, "_step", lambda: None)
    stood = bench.loop.beat
    bench.turn()
    assert bench.loop.beat == stood


class TestTrouble:
    """Faults that a device makes and a test can't: they are put where they would come from."""

    def test_out_of_memory_in_a_group_halves_it(self, make_bench, monkeypatch):
        bench = make_bench()
        sizes = []
        encode = bench.tower.encode

        def small_groups_only(prompts, slice_patches):
            sizes.append(len(prompts))
            if len(prompts) > 2:
                raise MemoryError("the device is full")
            return encode(prompts, slice_patches)

        monkeypatch.setattr(bench.tower, "encode", small_groups_only)
        crops = [noise(seed) for seed in range(6)]
        texts = bench.run(bench.rows(crops))
        assert [text.text for text in texts] == [bench.official(crop) for crop in crops]
        assert sizes[:3] == [6, 3, 1]
        # Slowly up again, since more may have left meanwhile.
        assert sizes[3] == 2

    def test_memory_that_a_library_of_cuda_lacks_is_short_too(self, make_bench, monkeypatch):
        bench = make_bench()
        encode = bench.tower.encode

        def small_groups_only(prompts, slice_patches):
            if len(prompts) > 2:
                raise OSError("(External) CUBLAS error(3), CUBLAS_STATUS_ALLOC_FAILED.")
            return encode(prompts, slice_patches)

        monkeypatch.setattr(bench.tower, "encode", small_groups_only)
        crops = [noise(seed) for seed in range(3)]
        assert [text.text for text in bench.run(bench.rows(crops))] == [bench.official(crop) for crop in crops]

    def test_memory_that_is_short_while_a_row_moves_loses_no_row_and_doubles_none(self, make_bench, monkeypatch):
        bench = make_bench()
        copy = Lane.copy
        fails = iter([True])

        def once(self, source, source_place, place, tokens):
            if self is not source and next(fails, False):
                raise MemoryError("the device is full")
            copy(self, source, source_place, place, tokens)

        monkeypatch.setattr(Lane, "copy", once)
        crops = [noise(seed, max_new_tokens=160) for seed in range(6)]
        texts = bench.run(bench.rows(crops))
        assert [text.text for text in texts] == [bench.official(crop) for crop in crops]
        assert len(bench.ended) == 6
        assert next(fails, None) is None

    def test_out_of_memory_in_a_step_lets_the_youngest_start_anew(self, make_bench, monkeypatch):
        bench = make_bench()
        counts = []
        step = bench.decoder.step

        def few_rows_only(cache):
            counts.append(len(cache.rows()))
            if counts[-1] > 3:
                raise MemoryError("the device is full")
            return step(cache)

        monkeypatch.setattr(bench.decoder, "step", few_rows_only)
        crops = [noise(seed) for seed in range(6)]
        texts = bench.run(bench.rows(crops))
        assert [text.text for text in texts] == [bench.official(crop) for crop in crops]
        assert counts[:2] == [6, 3]

    def test_a_crop_that_never_fits_fails_alone(self, make_bench, monkeypatch):
        bench = make_bench()
        encode = bench.tower.encode
        [large] = bench.rows([noise(0)])
        others = bench.rows([noise(seed) for seed in range(1, 4)])

        def all_but_one(prompts, slice_patches):
            if large.prompt in prompts:
                raise MemoryError("the device is full")
            return encode(prompts, slice_patches)

        monkeypatch.setattr(bench.tower, "encode", all_but_one)
        bench.loop.submit([large])
        bench.run(others)
        while not large.future.done():
            bench.turn()
        assert isinstance(large.future.exception(), EngineFailure)
        assert "needs more memory than there is" in str(large.future.exception())

    def test_a_crop_that_breaks_the_tower_fails_alone(self, make_bench, monkeypatch):
        bench = make_bench()
        encode = bench.tower.encode
        rows = bench.rows([noise(seed) for seed in range(5)])

        def breaks_on_one(prompts, slice_patches):
            if rows[2].prompt in prompts:
                raise RuntimeError("an operator refused")
            return encode(prompts, slice_patches)

        monkeypatch.setattr(bench.tower, "encode", breaks_on_one)
        good = [row for row in rows if row is not rows[2]]
        bench.loop.submit(rows)
        bench.finish(good)
        while not rows[2].future.done():
            bench.turn()
        assert [row.future.result().text for row in good] == [bench.official(noise(seed)) for seed in (0, 1, 3, 4)]
        with pytest.raises(EngineFailure, match="could not be read: RuntimeError"):
            rows[2].future.result()

    def test_a_broken_step_fails_its_rows_and_the_next_crop_is_read(self, make_bench, monkeypatch):
        bench = make_bench()
        step = bench.decoder.step
        broken = iter([True])

        def once(cache):
            if next(broken, False):
                raise RuntimeError("a kernel failed")
            return step(cache)

        monkeypatch.setattr(bench.decoder, "step", once)
        rows = bench.rows([noise(0), noise(1)])
        bench.loop.submit(rows)
        while not all(row.future.done() for row in rows):
            bench.turn()
        assert all(isinstance(row.future.exception(), EngineFailure) for row in rows)
        [text] = bench.run(bench.rows([noise(2)]))
        assert text.text == bench.official(noise(2))


def test_a_text_that_goes_round_in_a_loop_is_ended(make_bench, monkeypatch):
    bench = make_bench(repetition=64)
    monkeypatch.setattr("engines.decoding.sampling.next_tokens", lambda logits, rows: [7 for _ in rows])
    text, table = bench.rows([noise(0, max_new_tokens=2000), noise(1, "Table Recognition:", max_new_tokens=2000)])
    bench.run([text, table])
    assert [(row.prompt.is_table, reason, len(row.generated)) for row, reason in bench.ended] == [
        (False, "repetition", 64),
        (True, "repetition", 384),
    ]


def _slice_by_slice(bench, monkeypatch):
    """Newcomers get one slice after every step."""
    monkeypatch.setattr("engines.decoding.pace.LEAST_SECONDS", 0.0)
    monkeypatch.setattr(bench.loop, "_pace", Pace(Share(least=0.0, most=0.0, longest_wait=5.0)))
