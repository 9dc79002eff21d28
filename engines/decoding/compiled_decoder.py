"""The language model on a CPU: prompts in a program of OpenVINO's, steps in kernels that numba compiles.

Paddle's operators are some 40 small ones a layer, each of which takes longer to launch than to run where the model or
the batch is small; and all of them hold Python's lock. Source of the mathematics: PaddleX,
`modeling/paddleocr_vl/_ernie.py`; token for token the same greedy text.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.decoding.arrays import Floats, shared
from engines.decoding.cache import Cache, CacheShape
from engines.decoding.kernels import Weights, compile_kernels
from engines.decoding.matrices import are_bfloat16, turned
from engines.decoding.prefill_program import DecoderShape, LayerGraph
from engines.decoding.programs import Program, Weight, compile_graph, weight
from engines.decoding.prompts import Prompt
from engines.decoding.rows import Row
from engines.decoding.slices import parts

Tensor = Any

WEIGHTS_A_THREAD = 1 << 18
"""Weights of a matrix, half a megabyte: to wake a thread for less takes longer than to read them."""
LONGEST_SLICE = 256
"""Tokens of a prompt that go through a layer at once: their attention to what is behind them is in vain."""


@dataclass(frozen=True)
class _Layer:
    """Weights of one decoder layer.

    `prompts` are those of Paddle's, as `LayerGraph` names them; the matrices of steps are copies, [outputs, inputs].
    """

    prompts: Sequence[Weight]
    attention_norm: Floats
    qkv: Weights
    out: Weights
    mlp_norm: Floats
    gate_up: Weights
    down: Weights


@dataclass(frozen=True)
class Prefilled:
    """What became of the prompts of some rows.

    `logits` [rows, vocabulary] are those of each row's last token; `rows` the keys and values of each row in each
    layer, both [heads, tokens, head size].
    """

    logits: Floats
    rows: Sequence[Sequence[tuple[Floats, Floats]]]


class CompiledDecoder:
    """Decodes with the weights of a checkpoint, where Paddle keeps them, on so many threads at most.

    Steps read a copy of the matrices, in bfloat16 where that loses nothing, else in float32.
    """

    def __init__(self, model: Any, threads: int) -> None:
        config, network = model.config, model.model
        self._shape = DecoderShape(
            config.num_attention_heads, config.num_key_value_heads, config.head_dim, config.rms_norm_eps
        )
        head = shared(model.lm_head.weight)
        official = [_weights(layer) for layer in network.layers]
        matrices = [matrix for layer in official for matrix in layer if matrix.ndim == 2]
        bfloat16 = are_bfloat16([*matrices, head])
        threads = max(1, min(threads, min(matrix.size for matrix in matrices) // WEIGHTS_A_THREAD))
        self._kernels = compile_kernels(threads, bfloat16=bfloat16)
        self._program = compile_graph(LayerGraph(self._shape).build(), threads)
        self._layers = [_layer(weights, bfloat16=bfloat16) for weights in official]
        self._head = turned(head, bfloat16=bfloat16)
        self._norm = shared(network.norm.weight)
        self._embedding = shared(network.embed_tokens.weight)
        self._frequencies = shared(network.rotary_emb.inv_freq)
        self._sections = np.repeat([0, 1, 2], config.rope_scaling["mrope_section"])
        self._kept = model

    @property
    def cache_shape(self) -> CacheShape:
        """What a token takes in the cache."""
        return CacheShape(len(self._layers), self._shape.heads, self._shape.head, "float32")

    @property
    def layers(self) -> int:
        """Layers that each token goes through."""
        return len(self._layers)

    def prefill(
        self, rows: Sequence[Row], images: Sequence[Tensor], slice_tokens: int
    ) -> Generator[None, None, Prefilled]:
        """Run the prompts of new rows, one after the other; yields after about so many tokens of a layer."""
        program = Program(self._program)
        made, last = [], []
        for row, image in zip(rows, images, strict=True):
            hidden, cached = yield from self._prefill(program, row.prompt, image, min(slice_tokens, LONGEST_SLICE))
            last.append(hidden)
            made.append(cached)
        return Prefilled(self._logits(np.stack(last)), made)

    def _prefill(
        self, program: Program, prompt: Prompt, image: Tensor, slice_tokens: int
    ) -> Generator[None, None, tuple[Floats, list[tuple[Floats, Floats]]]]:
        """The hidden state of a prompt's last token [hidden size], and its keys and values by layer."""
        hidden = self._embedding[prompt.ids]
        hidden[prompt.image_start : prompt.image_start + prompt.image_tokens] = image.numpy()
        rope = self._rope(prompt.positions)
        empty = np.empty((self._shape.heads, 0, self._shape.head), np.float32)
        cached = [(empty, empty) for _ in self._layers]
        # A part goes through all layers: the program is made anew inside whenever its shapes change.
        for start, end in parts(0, len(hidden), slice_tokens):
            part, mask = hidden[start:end], _causal_mask(start, end)
            turns = [table[start:end] for table in rope]
            for number, layer in enumerate(self._layers):
                after, keys, values = program.views(part, *turns, mask, *cached[number], *layer.prompts)
                part, cached[number] = after.copy(), (keys.copy(), values.copy())
                yield
        return part[-1], cached

    def enter(self, row: Row, number: int, prefilled: Prefilled, cache: Cache) -> None:
        """Give row `number` of those prefilled its place in the cache. Raises CacheFull, MemoryError."""
        tokens = row.prompt.length
        lane, place = cache.add(row, tokens + 1)
        row.length = tokens
        for layer, made in enumerate(prefilled.rows[number]):
            for cached, new in zip(lane.arrays(layer), made, strict=True):
                cached[place, :, :tokens] = new

    def step(self, cache: Cache) -> Floats:
        """As `Decoder.step`."""
        lanes = cache.lanes()
        rows = [row for lane in lanes for row in lane.rows]
        hidden = self._embedding[[row.generated[-1] for row in rows]]
        angles = np.array([[row.position] for row in rows], np.float32) * self._frequencies
        cos, sin = np.cos(angles), np.sin(angles)
        lengths = np.array([row.length for row in rows])
        ends = np.cumsum([len(lane.rows) for lane in lanes])
        spans = [slice(end - len(lane.rows), end) for lane, end in zip(lanes, ends, strict=True)]
        seen = np.empty((len(rows), self._shape.queries * self._shape.head), np.float32)
        product = self._kernels.product
        # Where a gate is far below zero: silu is zero there.
        with np.errstate(over="ignore"):
            for number, layer in enumerate(self._layers):
                projected = product(self._normed(hidden, layer.attention_norm), layer.qkv)
                for lane, span in zip(lanes, spans, strict=True):
                    cached = lane.arrays(number)
                    self._kernels.attend(projected[span], (cos[span], sin[span]), cached, lengths[span], seen[span])
                hidden += product(seen, layer.out)
                gate, up = np.split(product(self._normed(hidden, layer.mlp_norm), layer.gate_up), 2, axis=1)
                hidden += product(gate / (1 + np.exp(-gate)) * up, layer.down)
        for row in rows:
            row.length += 1
        return self._logits(hidden)

    def _logits(self, hidden: Floats) -> Floats:
        return self._kernels.product(self._normed(hidden, self._norm), self._head)

    def _rope(self, positions: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Cosine and signed sine [tokens, head] of positions [3, tokens]: each part of a head turns by its own row."""
        angles = positions.T[:, self._sections].astype(np.float32) * self._frequencies
        cos, sin = np.cos(angles), np.sin(angles)
        return np.concatenate([cos, cos], axis=1), np.concatenate([-sin, sin], axis=1)

    def _normed(self, hidden: Floats, weight: Floats) -> Floats:
        mean = np.mean(np.square(hidden), axis=-1, keepdims=True)
        normed: Floats = hidden * (1 / np.sqrt(mean + np.float32(self._shape.epsilon))) * weight
        return normed


def _weights(layer: Any) -> list[Floats]:
    """The weights of a layer, in the order of `LayerGraph` and `_Layer`."""
    attention, mlp = layer.self_attn, layer.mlp
    return [
        shared(module.weight)
        for module in (
            layer.input_layernorm,
            attention.qkv_proj,
            attention.o_proj,
            layer.post_attention_layernorm,
            mlp.up_gate_proj,
            mlp.down_proj,
        )
    ]


def _layer(weights: Sequence[Floats], *, bfloat16: bool) -> _Layer:
    attention_norm, qkv, out, mlp_norm, gate_up, down = weights
    return _Layer(
        [weight(array) for array in weights],
        attention_norm,
        turned(qkv, bfloat16=bfloat16),
        turned(out, bfloat16=bfloat16),
        mlp_norm,
        turned(gate_up, bfloat16=bfloat16),
        turned(down, bfloat16=bfloat16),
    )


def _causal_mask(start: int, end: int) -> Floats:
    """[end - start, end]: the tokens start…end see those up to themselves."""
    hidden = np.arange(end) > np.arange(start, end)[:, None]
    return hidden * np.finfo(np.float32).min
