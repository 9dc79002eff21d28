"""What a decode step on a CPU is made of, compiled by numba: products of a few rows with weights, and attention.

Such a step waits for memory: every weight is read once and used a few times. A weight that is a bfloat16 loses nothing
when it stays one until it is in the processor, and takes half as long to come. Widening it is exact (its bits are the
upper half of the float32's), and sums are float32, so that the results are those of float32 weights.

A kernel holds no lock of Python's: other threads go on meanwhile.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from engines.decoding.arrays import Floats

Weights = NDArray[np.float32] | NDArray[np.uint16]

TILE = 4
"""Rows and outputs that the inner loop takes at once: 16 sums, which fill the vector registers."""

_OPTIONS: dict[str, Any] = {"nogil": True, "fastmath": {"reassoc", "contract"}, "error_model": "numpy"}
"""For numba: Python's lock is not held; sums in any order, which is in vectors."""

_POOL = threading.Lock()
"""Numba's pool takes one caller at a time, and ends the process at a second one."""


@dataclass(frozen=True)
class Kernels:
    """For weights of one type, on so many threads; one needs no pool."""

    threads: int
    one_row: Callable[..., None]
    tiles: Callable[..., None]
    attention: Callable[..., None]

    def product(self, x: Floats, weights: Weights) -> Floats:
        """[rows, inputs] times the transpose of [outputs, inputs]; 4 outputs at least. Both lie contiguous."""
        rows = len(x)
        if rows > 1 and rows % TILE:
            x = np.concatenate([x, np.zeros((-rows % TILE, x.shape[1]), np.float32)])
        out = np.empty((len(x), len(weights)), np.float32)
        self._run(self.one_row if rows == 1 else self.tiles, x, weights, out)
        return out[:rows]

    def attend(
        self,
        projected: Floats,
        rope: tuple[Floats, Floats],
        cached: tuple[Floats, Floats],
        lengths: NDArray[np.int64],
        seen: Floats,
    ) -> None:
        """Write the new token of some rows into the cache, and attend to all of theirs.

        `projected` [rows, (query heads + 2 · heads) · head size] are queries, keys and values, in that order, and are
        overwritten; `rope` the cosine and sine of each row's angles, [rows, half a head]; `cached` keys and values,
        [rows at least, heads, longest, head size], of which row r has `lengths[r]` without the new one. `seen`
        [rows, query heads · head size] takes the result.
        """
        self._run(self.attention, projected, *rope, *cached, lengths, seen)

    def _run(self, kernel: Callable[..., None], *arrays: NDArray[Any]) -> None:
        if self.threads == 1:
            kernel(*arrays)
            return
        with _POOL:
            numba.set_num_threads(self.threads)
            kernel(*arrays)


@cache
def compile_kernels(threads: int, *, bfloat16: bool) -> Kernels:
    """Kernels for weights in float32, or in bfloat16 as its bits; takes two seconds, or four with several threads."""
    # The one pool of numba's that is always there, and does not spin beside Paddle's.
    numba.config.THREADING_LAYER = "workqueue"
    threads = min(threads, numba.config.NUMBA_NUM_THREADS)

    def compiled(function: Callable[..., None], signature: str) -> Callable[..., None]:
        made: Callable[..., None] = numba.njit(signature, parallel=threads > 1, **_OPTIONS)(function)
        return made

    one_row, tiles = _products(_wide if bfloat16 else _same)
    weights = "u2[:, ::1]" if bfloat16 else "f4[:, ::1]"
    matrix, lane = "f4[:, ::1]", "f4[:, :, :, ::1]"
    return Kernels(
        threads,
        compiled(one_row, f"void({matrix}, {weights}, {matrix})"),
        compiled(tiles, f"void({matrix}, {weights}, {matrix})"),
        compiled(_attention, f"void({matrix}, {matrix}, {matrix}, {lane}, {lane}, i8[::1], {matrix})"),
    )


@numba.njit(inline="always")  # type: ignore[untyped-decorator]
def _wide(bits: Any) -> Any:
    """The float32 of a bfloat16."""
    return np.uint32(np.uint32(bits) << np.uint32(16)).view(np.float32)


@numba.njit(inline="always")  # type: ignore[untyped-decorator]
def _same(weight: Any) -> Any:
    return weight


def _products(wide: Callable[[Any], Any]) -> tuple[Callable[..., None], Callable[..., None]]:
    """Products of one row, and of a multiple of TILE, with weights that `wide` makes float32."""

    def one_row(x: Floats, weights: Weights, out: Floats) -> None:
        for output in numba.prange(weights.shape[0]):
            total = np.float32(0)
            for i in range(weights.shape[1]):
                total += x[0, i] * wide(weights[output, i])
            out[0, output] = total

    def tiles(x: Floats, weights: Weights, out: Floats) -> None:
        """Each value that is loaded serves four sums, so that the processor multiplies more than it loads."""
        outputs, inputs = weights.shape
        for tile in numba.prange((outputs + 3) // 4):
            # The last tile may repeat outputs of the one before it.
            o = min(4 * tile, outputs - 4)
            for r in range(0, x.shape[0], 4):
                a0 = a1 = a2 = a3 = b0 = b1 = b2 = b3 = np.float32(0)
                c0 = c1 = c2 = c3 = d0 = d1 = d2 = d3 = np.float32(0)
                for i in range(inputs):
                    w0, w1 = wide(weights[o, i]), wide(weights[o + 1, i])
                    w2, w3 = wide(weights[o + 2, i]), wide(weights[o + 3, i])
                    a, b, c, d = x[r, i], x[r + 1, i], x[r + 2, i], x[r + 3, i]
                    a0, a1, a2, a3 = a0 + a * w0, a1 + a * w1, a2 + a * w2, a3 + a * w3
                    b0, b1, b2, b3 = b0 + b * w0, b1 + b * w1, b2 + b * w2, b3 + b * w3
                    c0, c1, c2, c3 = c0 + c * w0, c1 + c * w1, c2 + c * w2, c3 + c * w3
                    d0, d1, d2, d3 = d0 + d * w0, d1 + d * w1, d2 + d * w2, d3 + d * w3
                out[r, o], out[r, o + 1], out[r, o + 2], out[r, o + 3] = a0, a1, a2, a3
                out[r + 1, o], out[r + 1, o + 1], out[r + 1, o + 2], out[r + 1, o + 3] = b0, b1, b2, b3
                out[r + 2, o], out[r + 2, o + 1], out[r + 2, o + 2], out[r + 2, o + 3] = c0, c1, c2, c3
                out[r + 3, o], out[r + 3, o + 1], out[r + 3, o + 2], out[r + 3, o + 3] = d0, d1, d2, d3

    return one_row, tiles


@numba.njit(**_OPTIONS)  # type: ignore[untyped-decorator]
def _turn(head: Any, cos: Any, sin: Any, factor: Any, out: Any) -> None:
    """Rotary embedding of a head, times a factor; `out` may be `head`."""
    half = len(cos)
    for i in range(half):
        low, high = head[i], head[half + i]
        out[i] = (low * cos[i] - high * sin[i]) * factor
        out[half + i] = (high * cos[i] + low * sin[i]) * factor


@numba.njit(**_OPTIONS)  # type: ignore[untyped-decorator]
def _attend(query: Any, key: Any, value: Any, weights: Any, seen: Any) -> None:
    """Attention of a query [head size], scaled, to keys and values [tokens at least, head size]; `weights` [tokens]."""
    tokens, size = len(weights), len(query)
    most = np.float32(-np.inf)
    for t in range(tokens):
        dot = np.float32(0)
        for i in range(size):
            dot += query[i] * key[t, i]
        weights[t] = dot
        most = max(most, dot)
    total = np.float32(0)
    for t in range(tokens):
        weights[t] = math.exp(weights[t] - most)
        total += weights[t]
    for i in range(size):
        seen[i] = np.float32(0)
    # Four tokens at once: each sum is loaded and stored a quarter as often.
    fours = tokens // 4 * 4
    for t in range(0, fours, 4):
        a, b, c, d = weights[t], weights[t + 1], weights[t + 2], weights[t + 3]
        for i in range(size):
            seen[i] += (a * value[t, i] + b * value[t + 1, i]) + (c * value[t + 2, i] + d * value[t + 3, i])
    for t in range(fours, tokens):
        for i in range(size):
            seen[i] += weights[t] * value[t, i]
    for i in range(size):
        seen[i] /= total


@numba.njit(**_OPTIONS)  # type: ignore[untyped-decorator]
def _attend_head(
    projected: Any, cos: Any, sin: Any, key: Any, value: Any, new: Any, h: Any, heads: Any, seen: Any
) -> None:
    """Key-value head `h` of a row, and the query heads that share it."""
    size = key.shape[1]
    queries = len(seen) // size
    group = queries // heads
    scale = np.float32(1.0) / np.float32(math.sqrt(size))
    _turn(projected[(queries + h) * size : (queries + h + 1) * size], cos, sin, np.float32(1), key[new])
    added = projected[(queries + heads + h) * size : (queries + heads + h + 1) * size]
    for i in range(size):
        value[new, i] = added[i]
    weights = np.empty(new + 1, np.float32)
    for q in range(h * group, (h + 1) * group):
        query = projected[q * size : (q + 1) * size]
        _turn(query, cos, sin, scale, query)
        _attend(query, key, value, weights, seen[q * size : (q + 1) * size])


def _attention(
    projected: Floats, cos: Floats, sin: Floats, keys: Floats, values: Floats, lengths: NDArray[np.int64], seen: Floats
) -> None:
    """See `Kernels.attend`."""
    heads = keys.shape[1]
    for piece in numba.prange(lengths.shape[0] * heads):
        r = piece // heads
        h = piece - r * heads
        _attend_head(projected[r], cos[r], sin[r], keys[r, h], values[r, h], lengths[r], h, heads, seen[r])
