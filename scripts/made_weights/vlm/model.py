"""A whole PaddleOCR-VL folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from scripts.made_weights.notice import NOTICE, NOTICE_KEY
from scripts.made_weights.vlm import safetensors
from scripts.made_weights.vlm.safetensors import Dtype
from scripts.made_weights.vlm.shape import PATCH, SHAPES, Size, config
from scripts.made_weights.vlm.tensors import Manners, numbers, tensors
from scripts.made_weights.vlm.tokenizer import write_tokenizer
from scripts.made_weights.vlm.tokens import EOS, PAD, SENTENCE_START, START

MIN_PIXELS, MAX_PIXELS = 147384, 2822400
CHAT_TEMPLATE = (
    "{%- if add_generation_prompt is not defined -%}{%- set add_generation_prompt = true -%}{%- endif -%}\n"
    f"{{{{- '{SENTENCE_START}' -}}}}\n"
    "{%- for message in messages -%}\n"
    "{%- if message['role'] == 'user' -%}\n"
    "{{- 'User: ' -}}\n"
    "{%- for part in message['content'] if part['type'] in ('image', 'image_url') -%}\n"
    "{{- '<|IMAGE_START|><|IMAGE_PLACEHOLDER|><|IMAGE_END|>' -}}\n"
    "{%- endfor -%}\n"
    "{%- for part in message['content'] if part['type'] == 'text' -%}{{- part['text'] -}}{%- endfor -%}\n"
    "{{- '\\n' -}}\n"
    "{%- elif message['role'] == 'assistant' -%}\n"
    "{{- 'Assistant: ' -}}\n"
    "{%- for part in message['content'] if part['type'] == 'text' -%}{{- part['text'] -}}{%- endfor -%}\n"
    "{{- '</s>' -}}\n"
    "{%- endif -%}\n"
    "{%- endfor -%}\n"
    "{%- if add_generation_prompt -%}{{- 'Assistant: ' -}}{%- endif -%}\n"
)
"""Own words; what it makes of a crop and a prompt is what the released template makes of them."""


def write_vlm(folder: Path, name: str, size: Size, dtype: Dtype, seed: int, manners: Manners) -> None:
    """Write the model `name` (as PaddleX calls it) into the folder."""
    shape = SHAPES[size]
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "config.json", {**config(shape, dtype), NOTICE_KEY: NOTICE})
    _write(
        folder / "generation_config.json",
        {"bos_token_id": START, "eos_token_id": EOS, "pad_token_id": PAD, "use_cache": True, "do_sample": False},
    )
    _write(folder / "preprocessor_config.json", _preprocessor())
    _write(folder / "processor_config.json", {"processor_class": "PaddleOCRVLProcessor"})
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE, encoding="utf-8")
    (folder / "inference.yml").write_text(f"# {NOTICE}\nGlobal:\n  model_name: {name}\n", encoding="utf-8")
    write_tokenizer(folder, shape)
    safetensors.write(
        folder / "model.safetensors",
        tensors(shape),
        lambda tensor: numbers(tensor, shape, seed, manners),
        dtype,
        {"format": "pt", NOTICE_KEY: NOTICE},
    )


def _preprocessor() -> dict[str, Any]:
    """Source: the released `preprocessor_config.json`; `size` has the names that transformers takes besides."""
    half = [0.5, 0.5, 0.5]
    pixels = {"min_pixels": MIN_PIXELS, "max_pixels": MAX_PIXELS}
    return {
        "do_convert_rgb": True,
        "do_normalize": True,
        "do_rescale": True,
        "do_resize": True,
        "image_mean": half,
        "image_processor_type": "PaddleOCRVLImageProcessor",
        "image_std": half,
        **pixels,
        "merge_size": 2,
        "patch_size": PATCH,
        "processor_class": "PaddleOCRVLProcessor",
        "resample": 3,
        "rescale_factor": 1 / 255,
        "size": {"shortest_edge": MIN_PIXELS, "longest_edge": MAX_PIXELS, **pixels},
        "temporal_patch_size": 1,
    }


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
