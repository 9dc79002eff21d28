"""Which tensors PaddleOCR-VL's weights must hold, from the sizes in its `config.json`.

PaddleX loads exactly these names, and leaves a tensor of another shape at random values with no more than a warning.
Source: PaddleX, `inference/models/doc_vlm/modeling/paddleocr_vl/`, of whose defaults are those here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Shape = tuple[int, ...]

_PACKING_POSITIONS = 32768
"""Fixed in PaddleX's `_siglip.py`."""
_MOST = 10_000_000
_MOST_LAYERS = 1000
"""No model is as large; a damaged size must not fill the memory."""


def expected_tensors(config: Mapping[str, Any]) -> dict[str, Shape]:
    """Shapes of all tensors by name, as they lie in the file: a linear layer's weight is [out, in].

    Raises:
        ValueError: a size in the config is no positive integer.
    """
    vision = config.get("vision_config")
    if not isinstance(vision, Mapping):
        raise ValueError("vision_config does not say how large the vision model is")
    return dict([*_projector(config, vision), *_vision(vision), *_language(config)])


def _size(config: Mapping[str, Any], name: str, default: int, most: int = _MOST) -> int:
    value = config.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= most:
        raise ValueError(f"{name} is {value!r}")
    return value


def _linear(name: str, outputs: int, inputs: int, *, bias: bool = True) -> Iterator[tuple[str, Shape]]:
    yield f"{name}.weight", (outputs, inputs)
    if bias:
        yield f"{name}.bias", (outputs,)


def _norm(name: str, size: int) -> Iterator[tuple[str, Shape]]:
    yield f"{name}.weight", (size,)
    yield f"{name}.bias", (size,)


def _projector(config: Mapping[str, Any], vision: Mapping[str, Any]) -> Iterator[tuple[str, Shape]]:
    size = _size(vision, "hidden_size", 768)
    yield from _norm("mlp_AR.pre_norm", size)
    yield from _linear("mlp_AR.linear_1", 4 * size, 4 * size)
    yield from _linear("mlp_AR.linear_2", _size(config, "hidden_size", 768), 4 * size)


def _vision(config: Mapping[str, Any]) -> Iterator[tuple[str, Shape]]:
    size, wide = _size(config, "hidden_size", 768), _size(config, "intermediate_size", 3072)
    patch = _size(config, "patch_size", 14)
    positions = (_size(config, "image_size", 224) // patch) ** 2
    prefix = "visual.vision_model"
    yield f"{prefix}.embeddings.patch_embedding.weight", (size, _size(config, "num_channels", 3), patch, patch)
    yield f"{prefix}.embeddings.patch_embedding.bias", (size,)
    yield f"{prefix}.embeddings.position_embedding.weight", (positions, size)
    yield f"{prefix}.embeddings.packing_position_embedding.weight", (_PACKING_POSITIONS, size)
    for number in range(_size(config, "num_hidden_layers", 12, _MOST_LAYERS)):
        layer = f"{prefix}.encoder.layers.{number}"
        for norm in ("layer_norm1", "layer_norm2"):
            yield from _norm(f"{layer}.{norm}", size)
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            yield from _linear(f"{layer}.self_attn.{part}", size, size)
        yield from _linear(f"{layer}.mlp.fc1", wide, size)
        yield from _linear(f"{layer}.mlp.fc2", size, wide)
    yield from _norm(f"{prefix}.post_layernorm", size)
    if config.get("vision_use_head", True):
        yield from _pooling_head(f"{prefix}.head", size, wide)


def _pooling_head(prefix: str, size: int, wide: int) -> Iterator[tuple[str, Shape]]:
    """No page needs it, and PaddleX does not load without it."""
    yield f"{prefix}.probe", (1, 1, size)
    yield f"{prefix}.attention.in_proj_weight", (3 * size, size)
    yield f"{prefix}.attention.in_proj_bias", (3 * size,)
    yield from _linear(f"{prefix}.attention.out_proj", size, size)
    yield from _norm(f"{prefix}.layernorm", size)
    yield from _linear(f"{prefix}.mlp.fc1", wide, size)
    yield from _linear(f"{prefix}.mlp.fc2", size, wide)


def _language(config: Mapping[str, Any]) -> Iterator[tuple[str, Shape]]:
    size, wide = _size(config, "hidden_size", 768), _size(config, "intermediate_size", 11008)
    vocabulary, heads = _size(config, "vocab_size", 32000), _size(config, "num_attention_heads", 2)
    head = _size(config, "head_dim", 128)
    keys = _size(config, "num_key_value_heads", heads)
    bias = bool(config.get("use_bias", False))
    yield "model.embed_tokens.weight", (vocabulary, size)
    for number in range(_size(config, "num_hidden_layers", 2, _MOST_LAYERS)):
        layer = f"model.layers.{number}"
        yield f"{layer}.input_layernorm.weight", (size,)
        yield f"{layer}.post_attention_layernorm.weight", (size,)
        yield from _linear(f"{layer}.self_attn.q_proj", heads * head, size, bias=bias)
        yield from _linear(f"{layer}.self_attn.k_proj", keys * head, size, bias=bias)
        yield from _linear(f"{layer}.self_attn.v_proj", keys * head, size, bias=bias)
        yield from _linear(f"{layer}.self_attn.o_proj", size, heads * head, bias=bias)
        yield from _linear(f"{layer}.mlp.gate_proj", wide, size, bias=bias)
        yield from _linear(f"{layer}.mlp.up_proj", wide, size, bias=bias)
        yield from _linear(f"{layer}.mlp.down_proj", size, wide, bias=bias)
    yield "model.norm.weight", (size,)
    yield "lm_head.weight", (vocabulary, size)
