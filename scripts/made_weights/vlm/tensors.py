"""The tensors of a PaddleOCR-VL checkpoint, by name and shape, and the random numbers in them.

Source of names and shapes: the released `model.safetensors`. Linear weights are [out, in]. The pooling head and the
packing positions take no part in reading, but loading asks for them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from scripts.made_weights.vlm.shape import PATCH, Shape
from scripts.made_weights.vlm.tokens import EOS, PAD, START, TABLE_TOKENS

Kind = Literal["linear", "table", "scale", "offset"]
Floats = NDArray[np.float32]

EMBEDDING, HEAD = "model.embed_tokens.weight", "lm_head.weight"
POSITIONS = 27 * 27
PACKING_POSITIONS = 32768
CIRCLE = 8
"""Tokens in one of the circles that `Manners.repeats` makes of the vocabulary."""
PULL, SWELLING = 2.0, 10.0
"""At `Manners.repeats` 1: the length of the direction that is added to a token's row, and by how much a token's own
embedding grows. Both together outweigh what the layers of a tiny model add."""
BYTES = range(3, 3 + 256)
"""The ids of the tokens that stand for a byte; those of a learned SentencePiece model with byte fallback."""
SELDOM = 0.7
"""Factor of the bytes, most of which make no character by themselves."""
CHUNK = 1 << 23
"""Numbers made at a time."""


@dataclass(frozen=True)
class Manners:
    """How the made model behaves.

    `stops` scales the row of the end token: at 0 no text ends by itself, the higher the sooner texts do.
    `repeats` draws each token towards a fixed next one, eight to a circle, and makes the next token depend on the last
    one more than on the picture: at 1, with `stops` 0, all texts of a tiny model go round in circles.
    `cells` scales the rows of the tokens of table cells, so that some appear in texts.
    """

    stops: float = 1.8
    repeats: float = 0.0
    cells: float = 1.3


@dataclass(frozen=True)
class Tensor:
    """One tensor: what it is called, its shape, and what kind of numbers it holds."""

    name: str
    shape: tuple[int, ...]
    kind: Kind


def tensors(shape: Shape) -> list[Tensor]:
    """Every tensor of a checkpoint of this shape, in the order in which they lie in the file."""
    return [*_projector(shape), *_vision(shape), *_language(shape)]


def numbers(tensor: Tensor, shape: Shape, seed: int, manners: Manners) -> Iterator[Floats]:
    """The tensor's numbers from first to last in flat pieces. The same arguments give the same numbers."""
    rows, row = tensor.shape[0], int(np.prod(tensor.shape[1:]))
    step = max(CIRCLE, CHUNK // row // CIRCLE * CIRCLE)
    generator, embedding = _generator(seed, tensor.name), _generator(seed, EMBEDDING)
    for first in range(0, rows, step):
        count = min(step, rows - first)
        piece = _random(generator, tensor, shape, (count, row))
        if tensor.name == EMBEDDING:
            piece *= np.float32(1 + SWELLING * manners.repeats)
        if tensor.name == HEAD:
            if manners.repeats:
                _draw_round(piece, embedding.standard_normal(piece.shape, dtype=np.float32), manners.repeats)
            _hold_back(piece, first, shape, manners)
        yield piece.ravel()


def _generator(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def _random(generator: np.random.Generator, tensor: Tensor, shape: Shape, size: tuple[int, int]) -> Floats:
    """Numbers larger than training leaves: with those, the texts of random weights are a few words over and over."""
    noise = generator.standard_normal(size, dtype=np.float32)
    if tensor.kind == "scale":
        return 1 + np.float32(0.1) * noise
    if tensor.kind == "offset":
        return np.float32(0.02) * noise
    if tensor.kind == "table":
        # More layers drown what a token itself says.
        return np.float32(0.5 if shape.text.layers < 6 else 1.0) * noise
    return np.float32(1.6 / np.sqrt(np.prod(tensor.shape[1:]))) * noise


def _draw_round(piece: Floats, embedding: Floats, strength: float) -> None:
    """Add to each row the direction of the token before it in its circle, so that this token calls the row's."""
    length = piece.shape[0] // CIRCLE * CIRCLE
    circles = embedding[:length].reshape(-1, CIRCLE, embedding.shape[1])
    before = np.roll(circles, 1, axis=1).reshape(length, -1)
    piece[:length] += np.float32(PULL * strength / np.sqrt(embedding.shape[1])) * before


def _hold_back(piece: Floats, first: int, shape: Shape, manners: Manners) -> None:
    """Scale the rows of tokens that a text should not hold, or hold more or less often than others."""
    # The largest of many random numbers grows with their count: who would win among them must grow with it.
    rivals = float(np.sqrt(np.log(shape.vocabulary) / np.log(1024)))
    factors = {PAD: 0.0, START: 0.0, EOS: manners.stops * rivals}
    factors.update(dict.fromkeys(BYTES, SELDOM))
    for token, place in shape.specials.ids.items():
        factors[place] = manners.cells * rivals if token in TABLE_TOKENS else float(token in shape.specials.spoken)
    for place, factor in factors.items():
        if 0 <= place - first < piece.shape[0]:
            piece[place - first] *= np.float32(factor)


def _linear(name: str, out: int, into: int, *, bias: bool = True) -> list[Tensor]:
    weight = Tensor(f"{name}.weight", (out, into), "linear")
    return [weight, Tensor(f"{name}.bias", (out,), "offset")] if bias else [weight]


def _norm(name: str, width: int) -> list[Tensor]:
    return [Tensor(f"{name}.weight", (width,), "scale"), Tensor(f"{name}.bias", (width,), "offset")]


def _projector(shape: Shape) -> list[Tensor]:
    width = shape.vision.hidden
    return [
        *_norm("mlp_AR.pre_norm", width),
        *_linear("mlp_AR.linear_1", 4 * width, 4 * width),
        *_linear("mlp_AR.linear_2", shape.text.hidden, 4 * width),
    ]


def _vision(shape: Shape) -> list[Tensor]:
    width, wide = shape.vision.hidden, shape.vision.feed_forward
    root = "visual.vision_model."
    found = [
        Tensor(f"{root}embeddings.patch_embedding.weight", (width, 3, PATCH, PATCH), "linear"),
        Tensor(f"{root}embeddings.patch_embedding.bias", (width,), "offset"),
        Tensor(f"{root}embeddings.position_embedding.weight", (POSITIONS, width), "table"),
        Tensor(f"{root}embeddings.packing_position_embedding.weight", (PACKING_POSITIONS, width), "table"),
    ]
    for layer in range(shape.vision.layers):
        here = f"{root}encoder.layers.{layer}."
        found += [*_norm(f"{here}layer_norm1", width), *_norm(f"{here}layer_norm2", width)]
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            found += _linear(f"{here}self_attn.{name}", width, width)
        found += [*_linear(f"{here}mlp.fc1", wide, width), *_linear(f"{here}mlp.fc2", width, wide)]
    return [
        *found,
        *_norm(f"{root}post_layernorm", width),
        Tensor(f"{root}head.probe", (1, 1, width), "table"),
        Tensor(f"{root}head.attention.in_proj_weight", (3 * width, width), "linear"),
        Tensor(f"{root}head.attention.in_proj_bias", (3 * width,), "offset"),
        *_linear(f"{root}head.attention.out_proj", width, width),
        *_norm(f"{root}head.layernorm", width),
        *_linear(f"{root}head.mlp.fc1", wide, width),
        *_linear(f"{root}head.mlp.fc2", width, wide),
    ]


def _language(shape: Shape) -> list[Tensor]:
    width, wide = shape.text.hidden, shape.text.feed_forward
    queries, keys = shape.text.heads * shape.head, shape.kv_heads * shape.head
    found = [Tensor(EMBEDDING, (shape.vocabulary, width), "table")]
    for layer in range(shape.text.layers):
        here = f"model.layers.{layer}."
        found += [
            Tensor(f"{here}input_layernorm.weight", (width,), "scale"),
            Tensor(f"{here}post_attention_layernorm.weight", (width,), "scale"),
            *_linear(f"{here}self_attn.q_proj", queries, width, bias=False),
            *_linear(f"{here}self_attn.k_proj", keys, width, bias=False),
            *_linear(f"{here}self_attn.v_proj", keys, width, bias=False),
            *_linear(f"{here}self_attn.o_proj", width, queries, bias=False),
            *_linear(f"{here}mlp.gate_proj", wide, width, bias=False),
            *_linear(f"{here}mlp.up_proj", wide, width, bias=False),
            *_linear(f"{here}mlp.down_proj", width, wide, bias=False),
        ]
    return [
        *found,
        Tensor("model.norm.weight", (width,), "scale"),
        *_linear("lm_head", shape.vocabulary, width, bias=False),
    ]
