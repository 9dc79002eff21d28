"""Writing a safetensors file tensor by tensor, so that a checkpoint of any size takes little memory.

Source: https://github.com/huggingface/safetensors, "Format".
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from scripts.made_weights.vlm.tensors import Floats, Tensor

Dtype = Literal["float32", "bfloat16"]
_CODES: dict[Dtype, tuple[str, int]] = {"float32": ("F32", 4), "bfloat16": ("BF16", 2)}


def write(
    path: Path,
    tensors: list[Tensor],
    numbers: Callable[[Tensor], Iterable[Floats]],
    dtype: Dtype,
    metadata: dict[str, str],
) -> None:
    """Write the tensors in this order; `numbers` gives those of one tensor in flat pieces."""
    code, size = _CODES[dtype]
    header: dict[str, object] = {"__metadata__": metadata}
    end = 0
    for tensor in tensors:
        begin, end = end, end + int(np.prod(tensor.shape)) * size
        header[tensor.name] = {"dtype": code, "shape": list(tensor.shape), "data_offsets": [begin, end]}
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(head)) + head)
        for tensor in tensors:
            for piece in numbers(tensor):
                file.write((to_bfloat16(piece) if dtype == "bfloat16" else piece).data)


def to_bfloat16(values: Floats) -> NDArray[np.uint16]:
    """The bits of the nearest bfloat16 of finite numbers, ties to even."""
    bits = values.view(np.uint32)
    return ((bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)).astype(np.uint16)
