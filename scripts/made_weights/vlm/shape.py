"""The shapes in which PaddleOCR-VL is made: the released one, and small ones of the same architecture.

Source of the released shape: `config.json` of PaddleOCR-VL-0.9B; all of v1, 1.5 and 1.6 have it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from scripts.made_weights.vlm.tokens import EOS, PAD, START, Specials, specials_at

Size = Literal["tiny", "narrow", "full"]

PATCH = 14
TRUE_SPECIALS_AT = 100272
"""The id of the first special token of the released vocabulary."""


@dataclass(frozen=True)
class Tower:
    """The widths of one stack of transformer layers."""

    layers: int
    hidden: int
    feed_forward: int
    heads: int


@dataclass(frozen=True)
class Shape:
    """Everything that decides which tensors there are, and the tokens of the vocabulary.

    `mrope` divides half of `head` between time, height and width.
    """

    vocabulary: int
    text: Tower
    kv_heads: int
    head: int
    mrope: tuple[int, int, int]
    vision: Tower
    specials: Specials


_TINY = Shape(
    vocabulary=1024,
    text=Tower(layers=2, hidden=64, feed_forward=128, heads=4),
    kv_heads=2,
    head=32,
    mrope=(4, 6, 6),
    vision=Tower(layers=2, hidden=64, feed_forward=144, heads=4),
    specials=specials_at(980, every_place=100),
)
_FULL = Shape(
    vocabulary=103424,
    text=Tower(layers=18, hidden=1024, feed_forward=3072, heads=16),
    kv_heads=2,
    head=128,
    mrope=(16, 24, 24),
    vision=Tower(layers=27, hidden=1152, feed_forward=4304, heads=16),
    specials=specials_at(TRUE_SPECIALS_AT, every_place=1),
)
SHAPES: dict[Size, Shape] = {
    "tiny": _TINY,
    # As many layers as the released shape: what a step takes is the launching of its operators.
    "narrow": replace(
        _TINY,
        text=replace(_TINY.text, layers=_FULL.text.layers),
        vision=replace(_TINY.vision, layers=_FULL.vision.layers),
    ),
    "full": _FULL,
}


def config(shape: Shape, dtype: str) -> dict[str, Any]:
    """`config.json` of a model of this shape."""
    ids = shape.specials.ids
    return {
        "architectures": ["PaddleOCRVLForConditionalGeneration"],
        "model_type": "paddleocr_vl",
        "attention_probs_dropout_prob": 0.0,
        "bos_token_id": START,
        "compression_ratio": 1.0,
        "eos_token_id": EOS,
        "head_dim": shape.head,
        "hidden_act": "silu",
        "hidden_dropout_prob": 0.0,
        "hidden_size": shape.text.hidden,
        "ignored_index": -100,
        "image_token_id": ids["<|IMAGE_PLACEHOLDER|>"],
        "intermediate_size": shape.text.feed_forward,
        "max_position_embeddings": 131072,
        "max_sequence_length": None,
        "num_attention_heads": shape.text.heads,
        "num_hidden_layers": shape.text.layers,
        "num_key_value_heads": shape.kv_heads,
        "pad_token_id": PAD,
        "rms_norm_eps": 1e-05,
        "rope_scaling": {"mrope_section": list(shape.mrope), "rope_type": "default", "type": "default"},
        "rope_theta": 500000,
        "sliding_window": None,
        "tie_word_embeddings": False,
        "torch_dtype": dtype,
        "use_bias": False,
        "use_cache": False,
        "use_flash_attention": False,
        "video_token_id": ids["<|video_pad|>"],
        "vision_config": _vision_config(shape, dtype),
        "vision_end_token_id": ids["<|IMAGE_END|>"],
        "vision_start_token_id": ids["<|IMAGE_START|>"],
        "vocab_size": shape.vocabulary,
        "weight_share_add_bias": True,
    }


def _vision_config(shape: Shape, dtype: str) -> dict[str, Any]:
    return {
        "architectures": ["SiglipVisionModel"],
        "model_type": "paddleocr_vl",
        "attention_dropout": 0.0,
        "hidden_act": "gelu_pytorch_tanh",
        "hidden_size": shape.vision.hidden,
        "image_size": 384,
        "intermediate_size": shape.vision.feed_forward,
        "layer_norm_eps": 1e-06,
        "num_attention_heads": shape.vision.heads,
        "num_channels": 3,
        "num_hidden_layers": shape.vision.layers,
        "pad_token_id": PAD,
        "patch_size": PATCH,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
        "tokens_per_second": 2,
        "torch_dtype": dtype,
    }
