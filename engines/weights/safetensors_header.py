"""The header of a safetensors file: which tensors it holds, without reading them.

Format: eight bytes of length, little-endian; that many bytes of JSON; the tensors, one behind the other.
Source: the safetensors project, "Format".
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engines.errors import MissingWeights
from engines.weights.reading import opened

_WIDTHS = {
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3"), 1),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 2),
    **dict.fromkeys(("U32", "I32", "F32"), 4),
    **dict.fromkeys(("U64", "I64", "F64"), 8),
}
"""Bytes of a number."""
_MOST_BYTES = 100_000_000
"""The library refuses longer headers too."""


@dataclass(frozen=True)
class Tensor:
    """A tensor's dtype, by the format's names, and its shape."""

    dtype: str
    shape: tuple[int, ...]

    @property
    def numbers(self) -> int:
        """How many it has."""
        return math.prod(self.shape)


def read_header(path: Path) -> Mapping[str, Tensor]:
    """The tensors of a safetensors file, by name.

    Raises:
        MissingWeights: it is not whole: longer or shorter than its header says, or without one that can be read.
    """
    with opened(path) as (file, size):
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length <= min(size - 8, _MOST_BYTES):
            raise MissingWeights(f"{path} is no safetensors file, or cut short: {size} bytes, its header {length}")
        header = file.read(length)
    try:
        entries = json.loads(header)
        entries.pop("__metadata__", None)
        tensors = {name: Tensor(entry["dtype"], tuple(entry["shape"])) for name, entry in entries.items()}
        spans = sorted(
            (*entry["data_offsets"], _WIDTHS[tensors[name].dtype] * tensors[name].numbers)
            for name, entry in entries.items()
        )
        end = _end(spans)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise MissingWeights(f"{path} has a header that can't be read: {type(error).__name__}: {error}") from None
    if 8 + length + end != size:
        state = "cut short" if size < 8 + length + end else "longer than it should be"
        raise MissingWeights(f"{path} is {state}: {size} bytes instead of {8 + length + end}")
    return tensors


def _end(spans: list[tuple[int, int, int]]) -> int:
    """Where the last tensor ends. Raises ValueError unless each begins where the one before it ends."""
    place = 0
    for begin, end, width in spans:
        if (begin, end) != (place, place + width):
            raise ValueError(f"tensor of {width} bytes at {begin} to {end}, after one that ends at {place}")
        place = end
    return place
