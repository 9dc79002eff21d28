"""The vision tower on a CPU: the official weights in OpenVINO's programs, picture by picture.

OpenVINO uses all of the processor's vector units, and keeps what lies between a layer's products in its cache: at the
released shape and at a made one of 64 wide it takes a half to a quarter of the time of Paddle's operators. A picture
has hundreds of patches, which are rows enough for full speed; so pictures need not be packed.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import paddle
from numpy.typing import NDArray

from engines.decoding.arrays import Floats, shared
from engines.decoding.programs import Weight, weight
from engines.decoding.prompts import Prompt
from engines.decoding.slices import parts
from engines.decoding.vision_programs import CompiledPrograms, Programs, TowerShape

Tensor = Any

LOGITS_BYTES = 32 * 2**20
"""What the attention logits of a picture may take at once: a large one's queries go in parts."""
SLICE_LOGITS_BYTES = 4 * 2**20
"""The same between the steps of others."""
WEIGHTS_A_THREAD = 1 << 18
"""Weights of a layer: with less for each, threads cost more than they gain. (In a tower 64 wide two threads took 80 ms
of CPU a page more than one, and no less time.)"""


@dataclass(frozen=True)
class _Layer:
    """Weights of one layer, as `Programs` names them."""

    project: Sequence[Weight]
    attend: Sequence[Weight]


class CompiledTower:
    """Encodes pictures with the weights of a checkpoint, where Paddle keeps them, on so many threads at most."""

    encodes_ahead = True

    def __init__(self, model: Any, threads: int) -> None:
        tower, projector = model.visual.vision_model, model.mlp_AR
        encoder, embeddings = tower.encoder, tower.embeddings
        first = encoder.layers[0]
        self._shape = TowerShape(
            hidden=first.self_attn.embed_dim,
            heads=first.self_attn.num_heads,
            head=first.self_attn.head_dim,
            merged=projector.merge_kernel_size[0],
            epsilon=first.layer_norm1._epsilon,
            merge_epsilon=projector.pre_norm._epsilon,
        )
        self._frequencies: Floats = shared(encoder.rotary_pos_emb.inv_freq)
        self._embedding = _embedding_weights(embeddings, self._shape.hidden)
        self._layers = [_layer(layer) for layer in encoder.layers]
        self._merging = _weights(tower.post_layernorm, projector.pre_norm, projector.linear_1, projector.linear_2)
        weights = sum(tensor.size for tensor in first.parameters())
        self._programs = CompiledPrograms(self._shape, max(1, min(threads, weights // WEIGHTS_A_THREAD)))
        self._kept = model

    @property
    def layers(self) -> int:
        """Layers that each patch goes through."""
        return len(self._layers)

    def encode(self, prompts: Sequence[Prompt], slice_patches: int) -> Generator[None, None, list[Tensor]]:
        """Yield after about so many patches' work; return each prompt's image tokens, [tokens, hidden size].

        The hidden size is the language model's.
        """
        programs = self._programs.open()
        images = []
        for prompt in prompts:
            image = yield from self._encode(programs, prompt, slice_patches)
            images.append(paddle.to_tensor(image))
        return images

    def _encode(self, programs: Programs, prompt: Prompt, slice_patches: int) -> Generator[None, None, Floats]:
        count = len(prompt.patches)
        hidden = programs.embed(prompt.patches.reshape(count, -1), np.array(prompt.grid), *self._embedding)
        rope = self._rope(prompt.grid)
        yield
        whole = slice_patches >= count and 4 * self._shape.heads * count**2 <= LOGITS_BYTES
        for layer in self._layers:
            if whole:
                hidden = programs.layer(hidden, *rope, *layer.project, *layer.attend)
                yield
            else:
                yield from self._in_parts(programs, layer, hidden, rope, slice_patches)
        order = _token_order(prompt.grid, self._shape.merged)
        tokens = []
        patches_a_token = self._shape.merged**2
        for start, end in parts(0, len(order), max(1, slice_patches // patches_a_token) * patches_a_token):
            tokens.append(programs.merge(hidden[order[start:end]], *self._merging))
            yield
        return np.concatenate(tokens)

    def _in_parts(
        self, programs: Programs, layer: _Layer, hidden: Floats, rope: Sequence[Floats], slice_patches: int
    ) -> Generator[None, None, None]:
        """One layer over `hidden` [n, hidden size], in place."""
        count = len(hidden)
        turned = np.empty((3, self._shape.heads, count, self._shape.head), np.float32)
        for start, end in parts(0, count, slice_patches):
            made = programs.project.views(hidden[start:end], *(x[start:end] for x in rope), *layer.project)
            for whole, part in zip(turned, made, strict=True):
                whole[:, start:end] = part
            yield
        query, key, value = turned
        most = SLICE_LOGITS_BYTES if slice_patches < count else LOGITS_BYTES
        for start, end in parts(0, count, min(slice_patches, max(1, most // (4 * self._shape.heads * count)))):
            part = np.ascontiguousarray(query[:, start:end])
            [hidden[start:end]] = programs.attend.views(hidden[start:end], part, key, value, *layer.attend)
            yield

    def _rope(self, grid: tuple[int, int]) -> tuple[Floats, Floats]:
        """Cosine and signed sine [patches, head size] of each patch's row and column."""
        height, width = grid
        places = np.stack(np.divmod(np.arange(height * width), width), axis=-1).astype(np.float32)
        half = (places[:, :, None] * self._frequencies).reshape(len(places), -1)
        cos, sin = np.cos(half), np.sin(half)
        return np.concatenate([cos, cos], axis=1), np.concatenate([-sin, sin], axis=1)


def _token_order(grid: tuple[int, int], merged: int) -> NDArray[np.int64]:
    """Patches in the order of the tokens that they become, those of one token together."""
    height, width = grid
    places = np.arange(height * width).reshape(height // merged, merged, width // merged, merged)
    return places.transpose(0, 2, 1, 3).reshape(-1)


def _layer(layer: Any) -> _Layer:
    attention = layer.self_attn
    return _Layer(
        _weights(layer.layer_norm1, attention.q_proj, attention.k_proj, attention.v_proj),
        _weights(attention.out_proj, layer.layer_norm2, layer.mlp.fc1, layer.mlp.fc2),
    )


def _embedding_weights(embeddings: Any, hidden: int) -> list[Weight]:
    """A product's weight and bias, and the places of patches, [1, hidden, rows, columns].

    A convolution whose stride is its kernel is a product: one patch, one row.
    """
    convolution = embeddings.patch_embedding
    places = shared(embeddings.position_embedding.weight)
    side = round(len(places) ** 0.5)
    places = np.ascontiguousarray(places.reshape(1, side, side, hidden).transpose(0, 3, 1, 2))
    return [weight(shared(convolution.weight).reshape(hidden, -1)), weight(shared(convolution.bias)), weight(places)]


def _weights(*modules: Any) -> list[Weight]:
    """Weight and bias of each module."""
    return [weight(shared(tensor)) for module in modules for tensor in (module.weight, module.bias)]
