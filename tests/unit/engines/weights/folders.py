"""Model folders of a few kilobytes that have everything the check looks at."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from safetensors.numpy import save_file

from engines.weights.vlm_tensors import expected_tensors

VLM_CONFIG: dict[str, Any] = {
    "model_type": "paddleocr_vl",
    "vocab_size": 24,
    "hidden_size": 8,
    "intermediate_size": 12,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 4,
    "vision_config": {
        "hidden_size": 2,
        "intermediate_size": 6,
        "num_hidden_layers": 1,
        "num_attention_heads": 1,
        "image_size": 4,
        "patch_size": 2,
    },
}
TOKENIZER = b"".join(b"\x0a\x05\x0a\x03" + word for word in (b"one", b"two", b"six")) + b"\x12\x02\x18\x03"
"""Three pieces and a trainer's note, in protobuf."""
LAYOUT_PARTS = {"Preprocess": [{"type": "Permute"}], "label_list": ["text", "table"]}
PARTS: dict[str, dict[str, Any]] = {
    "PP-DocLayoutV2": LAYOUT_PARTS,
    "PP-DocLayoutV3": LAYOUT_PARTS,
    "PP-LCNet_x1_0_doc_ori": {"PreProcess": {"transform_ops": []}, "PostProcess": {"Topk": {"topk": 1}}},
    "UVDoc": {},
}
SHAPES: Sequence[tuple[int, ...]] = ((3, 2), (4,), ())


def write_vlm(folder: Path, name: str = "PaddleOCR-VL-1.6-0.9B", **sizes: int) -> Path:
    """A PaddleOCR-VL of a few numbers; `sizes` change its config."""
    folder.mkdir(parents=True)
    config = {**VLM_CONFIG, **sizes}
    write_name(folder, name)
    for file in ("preprocessor_config.json", "tokenizer_config.json", "generation_config.json"):
        (folder / file).write_text('{"size": 1}')
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    (folder / "tokenizer.model").write_bytes(TOKENIZER)
    write_tensors(folder, expected_tensors(config))
    return folder


def write_tensors(folder: Path, shapes: dict[str, tuple[int, ...]], dtype: type = np.float16) -> None:
    """`model.safetensors` of zeros, for every user to read."""
    save_file({name: np.zeros(shape, dtype) for name, shape in shapes.items()}, folder / "model.safetensors")
    (folder / "model.safetensors").chmod(0o644)


def write_static(folder: Path, name: str = "PP-DocLayoutV3") -> Path:
    """A static model whose program names three parameters."""
    folder.mkdir(parents=True)
    write_name(folder, name, **PARTS[name])
    operations = [{"#": "p", "A": [0, 1, 1, f"w_{place}"]} for place in range(len(SHAPES))]
    blocks = [{"#": "block_0", "args": [], "ops": [*operations, {"#": "1.data", "A": []}]}]
    program = {"base_code": {"magic": "pir"}, "program": {"regions": [{"#": "region_0", "blocks": blocks}]}}
    (folder / "inference.json").write_text(json.dumps(program))
    (folder / "inference.pdiparams").write_bytes(b"".join(parameter(shape) for shape in SHAPES))
    return folder


def write_name(folder: Path, name: str, **parts: Any) -> None:
    """`inference.yml` of the model `name`."""
    (folder / "inference.yml").write_text(yaml.safe_dump({"Global": {"model_name": name}, **parts}, sort_keys=False))


def parameter(shape: tuple[int, ...], levels: Sequence[bytes] = ()) -> bytes:
    """A tensor of float32 as Paddle writes it."""
    description = b"\x08\x05" + b"".join(b"\x10" + bytes([size]) for size in shape)
    detail = b"".join(struct.pack("<Q", len(level)) + level for level in levels)
    head = struct.pack("<IQ", 0, len(levels)) + detail + struct.pack("<Ii", 0, len(description)) + description
    return head + np.ones(shape, np.float32).tobytes()


def official(root: Path, *models: str) -> Path:
    """A folder as in the official images, each model under the name that PaddleX's downloads have."""
    for name in models:
        write = write_vlm if name.startswith("PaddleOCR") else write_static
        write(root / name.removesuffix("-0.9B"), name)
    return root


@contextmanager
def as_a_stranger() -> Iterator[None]:
    """Read files as a user to whom modes apply, also where the tests are run by root."""
    mine = os.geteuid()
    if mine == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(mine)
