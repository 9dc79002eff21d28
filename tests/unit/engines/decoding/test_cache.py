"""The cache keeps every row's keys and values, through all moves between places and lanes."""

from __future__ import annotations

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import numpy as np
import paddle
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from engines.decoding.cache import Cache, CacheFull, CacheShape, by_halves, doubling
from engines.decoding.rows import Row

SHAPE = CacheShape(layers=2, heads=2, head_size=4, dtype="float32")
BUDGET = 4096


class Rows(RuleBasedStateMachine):
    """Rows come, grow by a token a step, and go, as in the decode loop; a plain array remembers what each holds."""

    def __init__(self) -> None:
        super().__init__()
        self.cache = Cache(SHAPE, BUDGET, by_halves)
        self.remembered: dict[Row, np.ndarray] = {}
        self.random = np.random.default_rng(0)

    @rule(tokens=st.sampled_from([1, 100, 255, 256, 500, 511, 900]))
    def come(self, tokens: int) -> None:
        if not self.cache.reserve([tokens + 1]):
            return
        self.cache.reserve(())
        row = Row(_prompt(tokens), Future())
        lane, place = self.cache.add(row, tokens + 1)
        row.length = tokens
        content = self.random.random((SHAPE.layers, 2, SHAPE.heads, tokens, SHAPE.head_size), np.float32)
        index = paddle.to_tensor(lane.index(place, tokens))
        for layer, (keys, values) in enumerate(content.reshape(SHAPE.layers, 2, -1, SHAPE.head_size)):
            lane.write(layer, index, paddle.to_tensor(keys), paddle.to_tensor(values))
        self.remembered[row] = content

    @precondition(lambda self: self.remembered)
    @rule(data=st.data())
    def go(self, data: st.DataObject) -> None:
        row = data.draw(st.sampled_from(list(self.remembered)))
        self.cache.remove(row)
        del self.remembered[row]

    @precondition(lambda self: self.remembered)
    @rule(steps=st.integers(1, 3))
    def step(self, steps: int) -> None:
        for _ in range(steps):
            try:
                self.cache.grow()
            except CacheFull:
                return
            for lane in self.cache.lanes():
                new = self.random.random((SHAPE.layers, 2, len(lane.rows), SHAPE.heads, SHAPE.head_size), np.float32)
                index = paddle.to_tensor(lane.next_index())
                for layer in range(SHAPE.layers):
                    keys, values = (paddle.to_tensor(part.reshape(-1, SHAPE.head_size)) for part in new[layer])
                    lane.write(layer, index, keys, values)
                for place, row in enumerate(lane.rows):
                    added = new[:, :, place, :, None]
                    self.remembered[row] = np.concatenate([self.remembered[row], added], axis=3)
                    row.length += 1

    @invariant()
    def every_row_holds_what_was_written(self) -> None:
        assert set(self.cache.rows()) == set(self.remembered)
        for lane in self.cache.lanes():
            read = [[part.numpy() for part in lane.read(layer)] for layer in range(SHAPE.layers)]
            arrays = [lane.arrays(layer) for layer in range(SHAPE.layers)]
            for place, row in enumerate(lane.rows):
                for seen in (read, arrays):
                    held = np.array([[part[place, :, : row.length] for part in layer] for layer in seen])
                    assert np.array_equal(held, self.remembered[row])

    @invariant()
    def the_budget_holds(self) -> None:
        assert self.cache.tokens <= BUDGET


TestRows = Rows.TestCase
TestRows.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)


def test_lanes_grow_from_the_shortest_prompt():
    assert [doubling(tokens) for tokens in (1, 128, 129, 512, 513, 5000)] == [128, 128, 256, 512, 1024, 8192]
    assert [by_halves(tokens) for tokens in (1, 128, 129, 193, 513, 5000)] == [128, 128, 192, 256, 768, 6144]


def test_room_that_is_reserved_is_not_given_to_rows_that_grow():
    cache = Cache(SHAPE, 1024, doubling)
    row = Row(_prompt(256), Future())
    cache.add(row, 256)
    row.length = 256
    assert cache.reserve([300, 100])
    with pytest.raises(CacheFull, match="no room for a row of 512 tokens in 1024"):
        cache.grow()
    cache.reserve(())
    cache.grow()
    assert [lane.length for lane in cache.lanes()] == [512]


def test_a_row_may_grow_to_the_whole_budget():
    """What it leaves does not count against what it comes to."""
    cache = Cache(SHAPE, 1024, by_halves)
    row = Row(_prompt(100), Future())
    cache.add(row, 101)
    for length in (128, 192, 256, 384, 512, 768):
        row.length = length
        cache.grow()
        assert cache.tokens <= 1024
    assert [lane.length for lane in cache.lanes()] == [1024]
    row.length = 1024
    with pytest.raises(CacheFull):
        cache.grow()


@pytest.mark.parametrize("coming", [3, 9])
def test_rows_come_and_go_while_a_lane_is_widened(coming):
    """Also more than it had room for before."""
    cache = Cache(SHAPE, 65536, doubling)
    random = np.random.default_rng(0)
    remembered = {}

    def come():
        row = Row(_prompt(100), Future())
        lane, place = cache.add(row, 101)
        row.length = 100
        content = random.random((SHAPE.layers, SHAPE.heads, 100, SHAPE.head_size), np.float32)
        index = paddle.to_tensor(lane.index(place, 100))
        for layer, keys in enumerate(content.reshape(SHAPE.layers, -1, SHAPE.head_size)):
            lane.write(layer, index, paddle.to_tensor(keys), paddle.to_tensor(keys))
        remembered[row] = content
        return row

    list(cache.make_room([101] * 4))
    first = come()
    room = cache.make_room([101] * 5)
    next(room)
    for _ in range(coming):
        come()
    cache.remove(first)
    del remembered[first]
    assert sum(1 for _ in room) == SHAPE.layers - 1
    [lane] = cache.lanes()
    assert lane.capacity >= 6
    assert len(lane.rows) == coming
    for place, row in enumerate(lane.rows):
        for layer in range(SHAPE.layers):
            for part in lane.read(layer):
                assert np.array_equal(part[place, :, :100].numpy(), remembered[row][layer])


def test_room_is_made_as_far_as_the_budget_goes():
    cache = Cache(SHAPE, 1024, doubling)
    list(cache.make_room([129] * 9))
    assert cache.tokens == 1024


def test_an_idle_lane_gives_its_room_to_another():
    cache = Cache(SHAPE, 1024, doubling)
    short = [Row(_prompt(10), Future()) for _ in range(4)]
    for row in short:
        cache.add(row, 10)
        row.length = 10
    for row in short:
        cache.remove(row)
    cache.add(Row(_prompt(1000), Future()), 1000)
    assert cache.tokens == 1024


def _prompt(tokens: int) -> Any:
    return SimpleNamespace(length=tokens)
