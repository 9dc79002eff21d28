"""Keys and values of the rows that decode, in lanes of rows of equal length.

A row lives in the shortest lane that holds it and moves to the next one when it outgrows it, so that a long table costs
nothing to the titles beside it: a step attends lane by lane, and within a lane the rows lie one behind the other, which
makes what a step reads one contiguous piece.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import paddle
from numpy.typing import NDArray

from engines.decoding.arrays import Floats, shared
from engines.decoding.rows import Row

Tensor = Any

SHORTEST_LANE = 128
"""Tokens: no prompt of the page pipeline is shorter, whose pictures are 144 tokens at least."""

LaneLength = Callable[[int], int]
"""The length of the lane for a row of so many tokens."""


@dataclass(frozen=True)
class CacheShape:
    """What one token takes: keys and values of `heads` heads of `head_size` numbers in each of `layers` layers."""

    layers: int
    heads: int
    head_size: int
    dtype: str

    @property
    def token_bytes(self) -> int:
        """Bytes of one token."""
        return 2 * self.layers * self.heads * self.head_size * (4 if self.dtype == "float32" else 2)


class Lane:
    """Rows of up to `length` tokens each; `rows[i]` lies in place i of `capacity`.

    Each layer's keys and values lie flat, [capacity · heads · length, head size], so that one scatter writes the new
    token of every row.
    """

    def __init__(self, length: int, shape: CacheShape) -> None:
        self.length = length
        self.rows: list[Row] = []
        self._shape = shape
        self._keys, self._values = ([self._empty(0)] * shape.layers for _ in range(2))
        self._capacities = [0] * shape.layers
        self._arrays: list[tuple[Floats, Floats] | None] = [None] * shape.layers

    @property
    def capacity(self) -> int:
        """Rows that there is room for, in every layer."""
        return min(self._capacities)

    def resize(self, capacity: int) -> None:
        """Make room for `capacity` rows; those in use stay. Raises MemoryError."""
        for _ in self.resizing(capacity):
            pass

    def resizing(self, capacity: int) -> Generator[None, None, None]:
        """Resize layer by layer, and yield in between; rows may come, go and be written meanwhile."""
        for layer in range(self._shape.layers):
            wanted = max(capacity, len(self.rows))
            if wanted != self._capacities[layer]:
                self._keys[layer] = self._resized(self._keys[layer], wanted)
                self._values[layer] = self._resized(self._values[layer], wanted)
                self._capacities[layer] = wanted
                self._arrays[layer] = None
            yield

    def next_index(self) -> NDArray[np.int64]:
        """Where the next token of every row lies: int64 [rows · heads]."""
        heads = self._shape.heads
        lengths = np.array([row.length for row in self.rows])
        places = np.arange(len(self.rows))[:, None] * heads + np.arange(heads)
        return np.asarray(places * self.length + lengths[:, None], np.int64).reshape(-1)

    def index(self, place: int, tokens: int) -> NDArray[np.int64]:
        """Where the first tokens of a row lie: int64 [heads · tokens], head by head."""
        heads = place * self._shape.heads + np.arange(self._shape.heads)[:, None]
        return (heads * self.length + np.arange(tokens)).reshape(-1)

    def write(self, layer: int, index: Tensor, keys: Tensor, values: Tensor) -> None:
        """Write keys and values, [len(index), head size], at `index`."""
        paddle.scatter_(self._keys[layer], index, keys)
        paddle.scatter_(self._values[layer], index, values)

    def read(self, layer: int) -> tuple[Tensor, Tensor]:
        """Keys and values of all rows, [rows, heads, length, head size]."""
        shape = [len(self.rows), self._shape.heads, self.length, self._shape.head_size]
        used = shape[0] * shape[1] * shape[2]
        return self._keys[layer][:used].reshape(shape), self._values[layer][:used].reshape(shape)

    def arrays(self, layer: int) -> tuple[Floats, Floats]:
        """Keys and values of all places, [capacity, heads, length, head size], where they lie; float32 on a CPU."""
        arrays = self._arrays[layer]
        if arrays is None:
            shape = (self._capacities[layer], self._shape.heads, self.length, self._shape.head_size)
            keys, values = (shared(part[layer]).reshape(shape) for part in (self._keys, self._values))
            self._arrays[layer] = arrays = keys, values
        return arrays

    def copy(self, source: Lane, source_place: int, place: int, tokens: int) -> None:
        """Copy the first tokens of a row, of this lane or another, to a place here.

        Where it raises MemoryError nothing has changed.
        """
        taken = paddle.to_tensor(source.index(source_place, tokens))
        put = paddle.to_tensor(self.index(place, tokens))
        read = [
            [paddle.index_select(part, taken) for part in layer]
            for layer in zip(source._keys, source._values, strict=True)
        ]
        for layer, (keys, values) in enumerate(read):
            self.write(layer, put, keys, values)

    def _resized(self, tensor: Tensor, capacity: int) -> Tensor:
        row_size = self._shape.heads * self.length
        kept = len(self.rows) * row_size
        return paddle.concat([tensor[:kept], self._empty(capacity * row_size - kept)])

    def _empty(self, length: int) -> Tensor:
        return paddle.zeros([length, self._shape.head_size], dtype=self._shape.dtype)


class CacheFull(Exception):
    """The budget has no room for a row that must grow."""


class Cache:
    """The lanes under one budget of tokens."""

    def __init__(self, shape: CacheShape, budget: int, lane_length: LaneLength) -> None:
        self.shape = shape
        self.budget = budget
        self._lane_length = lane_length
        self._reserved = 0
        self._lanes: dict[int, Lane] = {}

    @property
    def tokens(self) -> int:
        """Tokens that the lanes hold room for."""
        return sum(lane.length * lane.capacity for lane in self._lanes.values())

    @property
    def used(self) -> int:
        """Tokens of the places that rows have, and of those reserved: what counts against the budget."""
        return self._reserved + sum(lane.length * len(lane.rows) for lane in self._lanes.values())

    def lanes(self) -> list[Lane]:
        """The lanes that hold rows, from the shortest rows to the longest."""
        return [lane for _, lane in sorted(self._lanes.items()) if lane.rows]

    def rows(self) -> list[Row]:
        """All rows, in the order in which a step takes them."""
        return [row for lane in self.lanes() for row in lane.rows]

    def reserve(self, lengths: Iterable[int]) -> bool:
        """Keep room for rows of these lengths, instead of what was reserved before; False where there is too little."""
        self._reserved = 0
        wanted = sum(map(self._lane_length, lengths))
        if self.used + wanted > self.budget:
            return False
        self._reserved = wanted
        return True

    def make_room(self, lengths: Iterable[int]) -> Generator[None, None, None]:
        """Widen the lanes for rows of these lengths, as far as the budget goes; yields between layers."""
        for length, count in Counter(map(self._lane_length, lengths)).items():
            lane = self._lanes.setdefault(length, Lane(length, self.shape))
            capacity, wanted = lane.capacity, len(lane.rows) + count
            if wanted > capacity:
                room = (self.budget - self.tokens) // length
                yield from lane.resizing(min(max(wanted, 2 * capacity), capacity + room))

    def add(self, row: Row, tokens: int) -> tuple[Lane, int]:
        """Give a row a place for `tokens` tokens. Raises CacheFull, MemoryError."""
        lane = self._lane(tokens)
        lane.rows.append(row)
        return lane, len(lane.rows) - 1

    def remove(self, row: Row) -> None:
        """Free a row's place, if it has one: the last row of its lane moves into it."""
        for lane in self._lanes.values():
            if row in lane.rows:
                _drop(lane, row)

    def grow(self) -> None:
        """Move rows that fill their lane to the next. Raises CacheFull, MemoryError; rows moved so far stay moved.

        While it moves, a row may have both places, beyond the budget.
        """
        for lane in self.lanes():
            for row in [row for row in lane.rows if row.length == lane.length]:
                target = self._lane(row.length + 1, leaves=lane.length)
                target.copy(lane, lane.rows.index(row), len(target.rows), row.length)
                _drop(lane, row)
                target.rows.append(row)
                if self.tokens > self.budget:
                    lane.resize(len(lane.rows))

    def clear(self) -> None:
        """Forget every row and give the memory back."""
        self._reserved = 0
        self._lanes.clear()

    def _lane(self, tokens: int, leaves: int = 0) -> Lane:
        """The lane for a row of so many tokens, with a free place; the row gives up one of `leaves` tokens for it."""
        length = self._lane_length(tokens)
        lane = self._lanes.setdefault(length, Lane(length, self.shape))
        if len(lane.rows) < lane.capacity:
            return lane
        if self.used - leaves + length > self.budget:
            raise CacheFull(f"no room for a row of {length} tokens in {self.budget}")
        if self.tokens + max(1, lane.capacity) * length > self.budget:
            for other in self._lanes.values():
                other.resize(len(other.rows))
        room = (self.budget - self.tokens) // length
        lane.resize(lane.capacity + max(1, min(lane.capacity, room)))
        return lane


def _drop(lane: Lane, row: Row) -> None:
    """Free a row's place."""
    place, last = lane.rows.index(row), lane.rows[-1]
    if last is not row:
        lane.copy(lane, len(lane.rows) - 1, place, last.length)
        lane.rows[place] = last
    lane.rows.pop()


def doubling(tokens: int) -> int:
    """Lanes that double: few of them, where each costs launches."""
    return max(SHORTEST_LANE, 1 << (tokens - 1).bit_length())


def by_halves(tokens: int) -> int:
    """Lanes of 2, 3, 4, 6, 8, 12, … times the same: less is read in vain, where a step waits for memory."""
    length = doubling(tokens)
    return length * 3 // 4 if length > SHORTEST_LANE and tokens <= length * 3 // 4 else length
