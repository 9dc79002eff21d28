"""Products of a few rows with bfloat16 weights, in float32: what a decode step on a CPU is made of.

Such a step waits for memory: every weight is read once and used a few times. A weight that is a bfloat16 loses nothing
when it stays one until it is in the processor, and takes half as long to come. Widening it is exact (its bits are the
upper half of the float32's), and sums are float32, so that the results are those of float32 weights.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bits = NDArray[np.uint16]

TILE = 4
"""Rows and outputs that the inner loop takes at once: 16 sums, which fill the vector registers."""
WEIGHTS_A_THREAD = 1 << 18
"""Half a megabyte: to wake a thread for less takes longer than to read it."""

_POOL = threading.Lock()
"""Numba's pool takes one caller at a time, and ends the process at a second one."""


def product(x: Floats, weights: Bits, threads: int) -> Floats:
    """[rows, inputs] times the transpose of [outputs, inputs], bfloat16 as its bits; 4 outputs at least.

    Both lie contiguous. The first call compiles for this processor, which takes a second or two.
    """
    rows = len(x)
    one_row, tiles, most_threads = _compiled()
    if rows > 1:
        x = np.concatenate([x, np.zeros((-rows % TILE, x.shape[1]), np.float32)])
    out = np.empty((len(x), len(weights)), np.float32)
    with _POOL:
        numba.set_num_threads(max(1, min(threads, most_threads, weights.size // WEIGHTS_A_THREAD)))
        (one_row if rows == 1 else tiles)(x, weights, out)
    return out[:rows]


@cache
def _compiled() -> tuple[Any, Any, int]:
    """`_one_row`, `_tiles`, and how many threads they may have."""
    # The one pool of numba's that is always there, and does not spin beside Paddle's.
    numba.config.THREADING_LAYER = "workqueue"
    # Sums in any order: in vectors.
    compiled = numba.njit("void(f4[:, ::1], u2[:, ::1], f4[:, ::1])", parallel=True, fastmath={"reassoc", "contract"})
    return compiled(_one_row), compiled(_tiles), numba.config.NUMBA_NUM_THREADS


def _widen(bits: Any) -> Any:
    """The float32 of a bfloat16."""
    return np.uint32(np.uint32(bits) << np.uint32(16)).view(np.float32)


_wide: Any = numba.njit(inline="always")(_widen)


def _one_row(x: Floats, weights: Bits, out: Floats) -> None:
    for output in numba.prange(weights.shape[0]):
        total = np.float32(0)
        for i in range(weights.shape[1]):
            total += x[0, i] * _wide(weights[output, i])
        out[0, output] = total


def _tiles(x: Floats, weights: Bits, out: Floats) -> None:
    """Each value that is loaded serves four sums, so that the processor multiplies more than it loads."""
    outputs, inputs = weights.shape
    for tile in numba.prange((outputs + 3) // 4):
        # The last tile may repeat outputs of the one before it.
        o = min(4 * tile, outputs - 4)
        for r in range(0, x.shape[0], 4):
            a0 = a1 = a2 = a3 = b0 = b1 = b2 = b3 = np.float32(0)
            c0 = c1 = c2 = c3 = d0 = d1 = d2 = d3 = np.float32(0)
            for i in range(inputs):
                w0, w1 = _wide(weights[o, i]), _wide(weights[o + 1, i])
                w2, w3 = _wide(weights[o + 2, i]), _wide(weights[o + 3, i])
                a, b, c, d = x[r, i], x[r + 1, i], x[r + 2, i], x[r + 3, i]
                a0, a1, a2, a3 = a0 + a * w0, a1 + a * w1, a2 + a * w2, a3 + a * w3
                b0, b1, b2, b3 = b0 + b * w0, b1 + b * w1, b2 + b * w2, b3 + b * w3
                c0, c1, c2, c3 = c0 + c * w0, c1 + c * w1, c2 + c * w2, c3 + c * w3
                d0, d1, d2, d3 = d0 + d * w0, d1 + d * w1, d2 + d * w2, d3 + d * w3
            out[r, o], out[r, o + 1], out[r, o + 2], out[r, o + 3] = a0, a1, a2, a3
            out[r + 1, o], out[r + 1, o + 1], out[r + 1, o + 2], out[r + 1, o + 3] = b0, b1, b2, b3
            out[r + 2, o], out[r + 2, o + 1], out[r + 2, o + 2], out[r + 2, o + 3] = c0, c1, c2, c3
            out[r + 3, o], out[r + 3, o + 1], out[r + 3, o + 2], out[r + 3, o + 3] = d0, d1, d2, d3
