"""The language model on a CPU: prompts in Paddle's operators, steps in kernels that numba compiles.

A step of Paddle's operators is 25 small ones a layer, each of which takes longer to launch than to run where the model
or the batch is small; and all of them hold Python's lock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.decoding.arrays import Floats, shared
from engines.decoding.cache import Cache
from engines.decoding.kernels import Weights, compile_kernels
from engines.decoding.matrices import are_bfloat16, turned
from engines.decoding.paddle_decoder import PaddleDecoder

Tensor = Any

WEIGHTS_A_THREAD = 1 << 18
"""Weights of a matrix, half a megabyte: to wake a thread for less takes longer than to read them."""


@dataclass(frozen=True)
class _Layer:
    """Weights of one decoder layer; matrices are [outputs, inputs]."""

    attention_norm: Floats
    qkv: Weights
    out: Weights
    mlp_norm: Floats
    gate_up: Weights
    down: Weights


class CompiledDecoder(PaddleDecoder):
    """Keeps a copy of the matrices beside Paddle's, in bfloat16 where that loses nothing, else in float32."""

    def __init__(self, model: Any, threads: int) -> None:
        super().__init__(model)
        matrices = [shared(x) for layer in self._layers for x in (layer.qkv, layer.out, layer.gate_up, layer.down)]
        head = shared(self._head)
        bfloat16 = are_bfloat16([*matrices, head])
        copies = [turned(matrix, bfloat16=bfloat16) for matrix in matrices]
        self._copies = [
            _Layer(shared(layer.attention_norm), qkv, out, shared(layer.mlp_norm), gate_up, down)
            for layer, qkv, out, gate_up, down in zip(self._layers, *(copies[i::4] for i in range(4)), strict=True)
        ]
        self._head_copy = turned(head, bfloat16=bfloat16)
        smallest = min(matrix.size for matrix in matrices)
        self._kernels = compile_kernels(max(1, min(threads, smallest // WEIGHTS_A_THREAD)), bfloat16=bfloat16)
        self._angles = shared(self._frequencies)

    def step(self, cache: Cache) -> Floats:
        """As `Decoder.step`."""
        lanes = cache.lanes()
        rows = [row for lane in lanes for row in lane.rows]
        hidden = shared(self._embedding)[[row.generated[-1] for row in rows]]
        rope = self._angles_of(np.array([row.position for row in rows]))
        lengths = np.array([row.length for row in rows])
        ends = np.cumsum([len(lane.rows) for lane in lanes])
        spans = [slice(end - len(lane.rows), end) for lane, end in zip(lanes, ends, strict=True)]
        seen = np.empty((len(rows), self._query_heads * self._head_size), np.float32)
        product = self._kernels.product
        # Where a gate is far below zero: silu is zero there.
        with np.errstate(over="ignore"):
            for number, layer in enumerate(self._copies):
                projected = product(self._normed(hidden, layer.attention_norm), layer.qkv)
                for lane, span in zip(lanes, spans, strict=True):
                    turns = rope[0][span], rope[1][span]
                    self._kernels.attend(projected[span], turns, lane.arrays(number), lengths[span], seen[span])
                hidden += product(seen, layer.out)
                gate, up = np.split(product(self._normed(hidden, layer.mlp_norm), layer.gate_up), 2, axis=1)
                hidden += product(gate / (1 + np.exp(-gate)) * up, layer.down)
        for row in rows:
            row.length += 1
        return self._scores(hidden)

    def _logits(self, hidden: Tensor) -> Floats:
        return self._scores(hidden.numpy())

    def _scores(self, hidden: Floats) -> Floats:
        return self._kernels.product(self._normed(hidden, shared(self._norm)), self._head_copy)

    def _angles_of(self, positions: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Cosine and sine [rows, half a head] of tokens behind the picture, whose positions are one number each."""
        angles = positions[:, None].astype(np.float32) * self._angles
        return np.cos(angles), np.sin(angles)

    def _normed(self, hidden: Floats, weight: Floats) -> Floats:
        mean = np.mean(np.square(hidden), axis=-1, keepdims=True)
        normed: Floats = hidden * (1 / np.sqrt(mean + np.float32(self._epsilon))) * weight
        return normed
