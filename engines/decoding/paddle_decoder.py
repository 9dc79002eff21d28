"""The language model in Paddle's operators, on whatever device.

The weights are the official modules'; what stands between them is written for a batch: keys and values go into the
cache of rows, and each key-value head serves its group of query heads without being repeated. Source of the
mathematics: PaddleX, `modeling/paddleocr_vl/_ernie.py`; token for token the same greedy text.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import paddle
from numpy.typing import NDArray
from paddle.nn import functional

from engines.decoding.cache import Cache, CacheShape, Lane
from engines.decoding.rows import Row
from engines.decoding.slices import parts

Tensor = Any

MASKED = float(np.finfo(np.float32).min)


@dataclass(frozen=True)
class _Layer:
    """Weights of one decoder layer; matrices are [inputs, outputs]."""

    attention_norm: Tensor
    qkv: Tensor
    out: Tensor
    mlp_norm: Tensor
    gate_up: Tensor
    down: Tensor


@dataclass(frozen=True)
class Prefilled:
    """What became of the prompts of some rows.

    `logits` [rows, vocabulary] are those of each row's last token; `layers` the keys and values of each layer, both
    [rows, heads, tokens and padding, head size].
    """

    logits: Tensor
    layers: Sequence[tuple[Tensor, Tensor]]


class PaddleDecoder:
    """Decodes with the official modules' weights, on the device where they lie."""

    def __init__(self, model: Any) -> None:
        config = model.config
        self._layers = [
            _Layer(
                layer.input_layernorm.weight,
                layer.self_attn.qkv_proj.weight,
                layer.self_attn.o_proj.weight,
                layer.post_attention_layernorm.weight,
                layer.mlp.up_gate_proj.weight,
                layer.mlp.down_proj.weight,
            )
            for layer in model.model.layers
        ]
        self._embedding = model.model.embed_tokens.weight
        self._norm = model.model.norm.weight
        self._head = model.lm_head.weight
        self._epsilon = config.rms_norm_eps
        self._query_heads = config.num_attention_heads
        self._heads = config.num_key_value_heads
        self._head_size = config.head_dim
        self._sections = list(config.rope_scaling["mrope_section"])
        self._frequencies = model.model.rotary_emb.inv_freq
        self._dtype = self._embedding.dtype

    @property
    def cache_shape(self) -> CacheShape:
        """What a token takes in the cache."""
        dtype = str(self._dtype).rpartition(".")[2]
        return CacheShape(len(self._layers), self._heads, self._head_size, dtype)

    @property
    def layers(self) -> int:
        """Layers that each token goes through."""
        return len(self._layers)

    def prefill(
        self, rows: Sequence[Row], images: Sequence[Tensor], slice_tokens: int
    ) -> Generator[None, None, Prefilled]:
        """Run the prompts of new rows; yields after about so many tokens of a layer.

        The rows are padded on the right, where causal attention lets nothing see the padding.
        """
        lengths = [row.prompt.length for row in rows]
        longest = max(lengths)
        hidden = yield from self._embedded(rows, images, longest)
        positions = np.ones((3, len(rows), longest), np.int64)
        for place, row in enumerate(rows):
            positions[:, place, : row.prompt.length] = row.prompt.positions
        rope = self._rope(positions)
        slices = parts(0, longest, max(1, slice_tokens // len(rows)))
        masks = [self._causal_mask(start, end) for start, end in slices]
        yield
        made: list[tuple[Tensor, Tensor]] = []
        for layer in self._layers:
            keys, values, after = [], [], []
            for (start, end), mask in zip(slices, masks, strict=True):
                part = hidden[:, start:end]
                query, key, value = self._qkv(layer, part, [table[:, start:end] for table in rope])
                keys.append(key.transpose([0, 2, 1, 3]))
                values.append(value.transpose([0, 2, 1, 3]))
                seen = self._attend_before(query, _joined(keys, axis=2), _joined(values, axis=2), mask)
                after.append(self._finish(layer, part, seen))
                yield
            hidden = _joined(after, axis=1)
            made.append((_joined(keys, axis=2), _joined(values, axis=2)))
        last = paddle.to_tensor(np.array([[place, length - 1] for place, length in enumerate(lengths)]))
        return Prefilled(self._logits(paddle.gather_nd(hidden, last)), made)

    def enter(self, row: Row, number: int, prefilled: Prefilled, cache: Cache) -> None:
        """Give row `number` of those prefilled its place in the cache. Raises CacheFull, MemoryError."""
        tokens = row.prompt.length
        lane, place = cache.add(row, tokens + 1)
        row.length = tokens
        index = paddle.to_tensor(lane.index(place, tokens))
        for layer, made in enumerate(prefilled.layers):
            keys, values = (tensor[number, :, :tokens].reshape([-1, self._head_size]) for tensor in made)
            lane.write(layer, index, keys, values)

    def step(self, cache: Cache) -> Tensor:
        """Feed the last generated token of every row in the cache; the logits of the next, [rows, vocabulary].

        Every lane must have room for one more token (`Cache.grow`). Adds one to each row's length.
        """
        lanes = cache.lanes()
        rows = [row for lane in lanes for row in lane.rows]
        hidden = functional.embedding(paddle.to_tensor(np.array([row.generated[-1] for row in rows])), self._embedding)
        positions = np.array([row.position for row in rows])
        rope = self._rope(np.broadcast_to(positions, (3, len(rows))))
        indices = [paddle.to_tensor(lane.next_index()) for lane in lanes]
        masks = [self._lane_mask(lane) for lane in lanes]
        counts = [len(lane.rows) for lane in lanes]
        for number, layer in enumerate(self._layers):
            parts = [x.split(counts) if len(lanes) > 1 else [x] for x in self._qkv(layer, hidden, rope)]
            seen = [
                self._attend_lane(number, lane, index, mask, *part)
                for lane, index, mask, *part in zip(lanes, indices, masks, *parts, strict=True)
            ]
            hidden = self._finish(layer, hidden, seen[0] if len(seen) == 1 else paddle.concat(seen))
        for row in rows:
            row.length += 1
        return self._logits(hidden)

    def _attend_before(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
        """Attention of part of each prompt to itself and what is before it: [rows, tokens, heads · head size].

        `query` is [rows, tokens, query heads, head size], `key` and `value` [rows, heads, tokens so far, head size].
        """
        rows, tokens = query.shape[:2]
        grouped = query.transpose([0, 2, 1, 3]).reshape([rows, self._heads, -1, self._head_size])
        seen = self._attention(grouped, key, value, mask).reshape([rows, -1, tokens, self._head_size])
        return seen.transpose([0, 2, 1, 3]).reshape([rows, tokens, -1])

    def _causal_mask(self, start: int, end: int) -> Tensor:
        """Float32 [query heads a key head · tokens, end]: the tokens start…end see those up to themselves."""
        hidden = paddle.arange(end) > paddle.arange(start, end).unsqueeze(1)
        return (hidden.astype("float32") * MASKED).tile([self._query_heads // self._heads, 1])

    def _attend_lane(
        self, layer: int, lane: Lane, index: Tensor, mask: Tensor, query: Tensor, key: Tensor, value: Tensor
    ) -> Tensor:
        """Write the new token of a lane's rows and attend to all of theirs; query [rows, query heads, head size]."""
        lane.write(layer, index, key.reshape([-1, self._head_size]), value.reshape([-1, self._head_size]))
        grouped = query.reshape([len(lane.rows), self._heads, -1, self._head_size])
        return self._attention(grouped, *lane.read(layer), mask).reshape([len(lane.rows), -1])

    def _lane_mask(self, lane: Lane) -> Tensor:
        """Float32 [rows, heads, query heads a head, length]: a row sees its tokens and the new one, nothing behind."""
        lengths = paddle.to_tensor(np.array([[row.length] for row in lane.rows]))
        hidden = (paddle.arange(lane.length) > lengths).astype("float32") * MASKED
        group = self._query_heads // self._heads
        return hidden.unsqueeze(1).unsqueeze(1).tile([1, self._heads, group, 1])

    def _embedded(self, rows: Sequence[Row], images: Sequence[Tensor], longest: int) -> Generator[None, None, Tensor]:
        """Embeddings of the prompts with their pictures' tokens in place, [rows, longest, hidden size]."""
        embedded = []
        for row, image in zip(rows, images, strict=True):
            prompt = row.prompt
            end = prompt.image_start + prompt.image_tokens
            ids = paddle.to_tensor(np.concatenate([prompt.ids[: prompt.image_start], prompt.ids[end:]]))
            text = functional.embedding(ids, self._embedding)
            parts = [text[: prompt.image_start], image.astype(self._dtype), text[prompt.image_start :]]
            padding = longest - prompt.length
            embedded.append(
                functional.pad(paddle.concat(parts), [0, padding, 0, 0]) if padding else paddle.concat(parts)
            )
            yield
        return paddle.stack(embedded)

    def _rope(self, positions: NDArray[np.int64]) -> Sequence[Tensor]:
        """Cosine and signed sine [..., heads, head size] of positions [3, ...] for queries, keys and values.

        Each part of a head turns by its own row of positions; values do not turn. All heads are written out, since
        Paddle multiplies on a CPU 50 times as slowly where a dimension in the middle must be repeated.
        """
        angles = paddle.to_tensor(np.ascontiguousarray(positions)).astype("float32").unsqueeze(-1) * self._frequencies
        parts = angles.split(self._sections, axis=-1)
        half = paddle.concat([part[axis % 3] for axis, part in enumerate(parts)], axis=-1).unsqueeze(-2)
        cos, sin = half.cos(), half.sin()
        turning = self._query_heads + self._heads
        tables = []
        for low, high, still in ((cos, cos, 1.0), (-sin, sin, 0.0)):
            table = paddle.concat([low, high], axis=-1).tile([1] * (half.ndim - 2) + [turning, 1])
            rest = paddle.full([*half.shape[:-2], self._heads, self._head_size], still, dtype="float32")
            tables.append(paddle.concat([table, rest], axis=-2).astype(self._dtype))
        return tables

    def _qkv(self, layer: _Layer, hidden: Tensor, rope: Sequence[Tensor]) -> Sequence[Tensor]:
        """Query, key and value [..., heads, head size] of hidden states [..., hidden size], rotated."""
        cos, sin = rope
        projected = paddle.matmul(self._rms_norm(hidden, layer.attention_norm), layer.qkv)
        heads = projected.reshape([*hidden.shape[:-1], -1, self._head_size])
        turned = heads * cos + paddle.roll(heads, self._head_size // 2, axis=-1) * sin
        parts: Sequence[Tensor] = turned.split([self._query_heads, self._heads, self._heads], axis=-2)
        return parts

    def _attention(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
        """Scaled dot-product attention, its softmax in float32."""
        logits = paddle.matmul(query * self._head_size**-0.5, key, transpose_y=True).astype("float32") + mask
        return paddle.matmul(functional.softmax(logits, axis=-1).astype(value.dtype), value)

    def _finish(self, layer: _Layer, hidden: Tensor, seen: Tensor) -> Tensor:
        """The rest of a layer, behind its attention."""
        hidden = hidden + paddle.matmul(seen, layer.out)
        gate, up = paddle.matmul(self._rms_norm(hidden, layer.mlp_norm), layer.gate_up).chunk(2, axis=-1)
        return hidden + paddle.matmul(functional.silu(gate) * up, layer.down)

    def _logits(self, hidden: Tensor) -> Tensor:
        return paddle.matmul(self._rms_norm(hidden, self._norm), self._head)

    def _rms_norm(self, hidden: Tensor, weight: Tensor) -> Tensor:
        if self._dtype == paddle.float32:
            return paddle.rsqrt(hidden.square().mean(-1, keepdim=True) + self._epsilon) * hidden * weight
        wide = hidden.astype("float32")
        normed = paddle.rsqrt(wide.square().mean(-1, keepdim=True) + self._epsilon) * wide
        return normed.astype(self._dtype) * weight


def _joined(parts: Sequence[Tensor], axis: int) -> Tensor:
    return parts[0] if len(parts) == 1 else paddle.concat(list(parts), axis=axis)
