"""The vision tower over several crops at a time, in slices between which other work can run.

The linear layers take the patches of all crops packed into one sequence; attention runs crop by crop, for crops must
not see each other (PaddleX's own module ignores where one ends) and a mask over the packed sequence would cost its
square. Source of the mathematics: PaddleX, `modeling/paddleocr_vl/_siglip.py` and `_projector.py`.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import paddle
from paddle.nn import functional

from engines.decoding.prompts import Prompt
from engines.decoding.slices import parts

Tensor = Any

LOGITS_BYTES = 256 * 2**20
"""What the float32 attention logits of one crop may take at once: a large crop's queries go in parts."""


class PaddleTower:
    """Encodes pictures with the official modules of a checkpoint, on whatever device they are."""

    encodes_ahead = False

    def __init__(self, model: Any) -> None:
        tower = model.visual.vision_model
        self._embeddings = tower.embeddings
        self._encoder = tower.encoder
        self._norm = tower.post_layernorm
        self._projector = model.mlp_AR

    @property
    def layers(self) -> int:
        """Layers that each patch goes through."""
        return len(self._encoder.layers)

    def encode(self, prompts: Sequence[Prompt], slice_patches: int) -> Generator[None, None, list[Tensor]]:
        """Yield after about so many patches' work; return each prompt's image tokens, [tokens, hidden size].

        The hidden size is the language model's.
        """
        grids = [(1, *prompt.grid) for prompt in prompts]
        ends = [0, *accumulate(height * width for _, height, width in grids)]
        spans = list(pairwise(ends))
        embedded = []
        for prompt in prompts:
            embedded.append(self._embedded(prompt))
            yield
        hidden = _joined(embedded)
        cos, sin = self._rope(grids)
        yield
        slices = parts(0, ends[-1], slice_patches)
        for layer in self._encoder.layers:
            seen = yield from self._attend(layer, hidden, (cos, sin), spans, slices)
            after = []
            for start, end in slices:
                part = hidden[start:end] + layer.self_attn.out_proj(seen[start:end])
                # The same function as the official one, whose power of three takes 13 times as long on a CPU.
                wide = functional.gelu(layer.mlp.fc1(layer.layer_norm2(part)), approximate=True)
                after.append(part + layer.mlp.fc2(wide))
                yield
            hidden = _joined(after)
        images = []
        for (start, end), grid in zip(spans, grids, strict=True):
            images += self._projector([self._norm(hidden[start:end])], [grid])
            yield
        return images

    def _embedded(self, prompt: Prompt) -> Tensor:
        """Patches and their places as hidden states, [patches, hidden size].

        A convolution whose stride is its kernel is a product: one patch, one row.
        """
        convolution = self._embeddings.patch_embedding
        weight = convolution.weight
        patches = paddle.to_tensor(prompt.patches).reshape([len(prompt.patches), -1]).astype(weight.dtype)
        hidden = paddle.matmul(patches, weight.reshape([weight.shape[0], -1]), transpose_y=True) + convolution.bias
        places = self._embeddings.interpolate_pos_encoding(hidden, *prompt.grid, is_after_patchify=True)
        return hidden + places.squeeze(0)

    def _rope(self, grids: Sequence[tuple[int, int, int]]) -> tuple[Tensor, Tensor]:
        """Cosine and signed sine, float32 [patches, heads, head size], of each patch's row and column.

        Written out for every head: see `PaddleDecoder._rope`.
        """
        places = np.concatenate(
            [np.stack(np.divmod(np.arange(height * width), width), axis=-1) for _, height, width in grids]
        )
        table = self._encoder.rotary_pos_emb(int(places.max()) + 1)
        half = table[paddle.to_tensor(places)].flatten(1)
        cos, sin = half.cos(), half.sin()
        heads = [1, self._encoder.layers[0].self_attn.num_heads, 1]
        tables = [paddle.concat(parts, axis=-1).unsqueeze(1).tile(heads) for parts in ((cos, cos), (-sin, sin))]
        return tables[0], tables[1]

    def _attend(
        self,
        layer: Any,
        hidden: Tensor,
        rope: tuple[Tensor, Tensor],
        spans: Sequence[tuple[int, int]],
        slices: Sequence[tuple[int, int]],
    ) -> Generator[None, None, Tensor]:
        """Attention of each crop's patches to each other, [patches, hidden size] to the same."""
        attention = layer.self_attn
        heads, size = attention.num_heads, attention.head_dim
        made: list[tuple[Tensor, Tensor, Tensor]] = []
        for start, end in slices:
            part, tables = layer.layer_norm1(hidden[start:end]), [table[start:end] for table in rope]
            query, key, value = (
                projection(part).reshape([end - start, heads, size])
                for projection in (attention.q_proj, attention.k_proj, attention.v_proj)
            )
            made.append((_rotated(query, *tables), _rotated(key, *tables), value))
            yield
        query, key, value = (_joined(tensors) for tensors in zip(*made, strict=True))
        seen, room = [], LOGITS_BYTES
        for first, last in spans:
            keys, values = (x[first:last].transpose([1, 0, 2]) for x in (key, value))
            patch_bytes = 4 * heads * (last - first)
            for start, end in parts(first, last, max(1, LOGITS_BYTES // patch_bytes)):
                queries = (query[start:end] * attention.scale).transpose([1, 0, 2])
                logits = paddle.matmul(queries, keys, transpose_y=True).astype("float32")
                weights = functional.softmax(logits, axis=-1).astype(values.dtype)
                seen.append(paddle.matmul(weights, values).transpose([1, 0, 2]))
                room -= patch_bytes * (end - start)
                if room <= 0:
                    room = LOGITS_BYTES
                    yield
        return _joined(seen).reshape([hidden.shape[0], heads * size])


def _joined(parts: Sequence[Tensor]) -> Tensor:
    return parts[0] if len(parts) == 1 else paddle.concat(list(parts))


def _rotated(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary embedding of [patches, heads, head size], in float32."""
    wide = x.astype("float32")
    return (wide * cos + paddle.roll(wide, x.shape[-1] // 2, axis=-1) * sin).astype(x.dtype)
