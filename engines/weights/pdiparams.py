"""The parameters of a static Paddle model: a walk over the file from tensor to tensor, without reading them.

Format of each tensor, little-endian: uint32 version 0; uint64 levels of detail, each a uint64 size and as many bytes;
uint32 version 0; int32 size of the description, a protobuf `VarType.TensorDesc`; the numbers.
Source: Paddle, `paddle/phi/core/framework/dense_tensor_serialize.cc` and `framework.proto`.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any, BinaryIO

from engines.errors import MissingWeights
from engines.weights.protobuf import fields
from engines.weights.reading import opened, read_json

_WIDTHS = {0: 1, 1: 2, 2: 4, 3: 8, 4: 2, 5: 4, 6: 8, 20: 1, 21: 1, 22: 2, 23: 8, 24: 16, 32: 1, 33: 1}
"""Bytes of a number by `VarType.Type`: bool, int16…64, float16…64, uint8, int8, bfloat16, complex64…128, float8."""
_MOST_DESCRIPTION = 4096
_MOST_LEVELS = 64
_MOST_BYTES = 1 << 48
"""No file is as large; a damaged size must not overflow."""


def count_tensors(path: Path) -> int:
    """How many tensors a `.pdiparams` file holds.

    Raises:
        MissingWeights: it ends inside a tensor, or is no such file.
    """
    with opened(path) as (file, size):
        count = 0
        try:
            while file.tell() < size:
                _skip_tensor(file)
                count += 1
        except struct.error:
            raise MissingWeights(f"{path} is cut short: {size} bytes, and tensor {count} is not whole") from None
        except ValueError as error:
            raise MissingWeights(f"{path} is no file of parameters: tensor {count}: {error}") from None
        if file.tell() > size:
            raise MissingWeights(f"{path} is cut short: {size} bytes, and tensor {count - 1} ends at {file.tell()}")
    return count


def count_parameters(program: Path) -> int | None:
    """How many parameters an `inference.json` names; None where it describes them in a way not known here.

    Raises:
        MissingWeights: it can't be read.
    """
    operations = _operations(read_json(program))
    return sum(isinstance(operation, dict) and operation.get("#") == "p" for operation in operations) or None


def _operations(program: dict[str, Any]) -> list[Any]:
    """The operations of the main block. Source: Paddle, `pir/serialize_deserialize/include/schema.h`."""
    try:
        operations = program["program"]["regions"][0]["blocks"][0]["ops"]
    except (KeyError, IndexError, TypeError):
        return []
    return operations if isinstance(operations, list) else []


def _skip_tensor(file: BinaryIO) -> None:
    version, levels = struct.unpack("<IQ", file.read(12))
    if version or levels > _MOST_LEVELS:
        raise ValueError("its beginning is not a tensor's")
    for _ in range(levels):
        _skip(file, *struct.unpack("<Q", file.read(8)))
    version, width = struct.unpack("<Ii", file.read(8))
    if version or not 0 < width <= _MOST_DESCRIPTION:
        raise ValueError("its beginning is not a tensor's")
    description = file.read(width)
    if len(description) < width:
        raise struct.error
    _skip(file, _bytes_of(description))


def _skip(file: BinaryIO, count: int) -> None:
    if count > _MOST_BYTES:
        raise ValueError(f"{count} bytes")
    file.seek(count, 1)


def _bytes_of(description: bytes) -> int:
    """The size of a tensor in bytes, from its `TensorDesc`: data_type is field 1, dims is field 2."""
    kind, dims = -1, []
    for number, value in fields(description):
        if isinstance(value, int):
            if number == 1:
                kind = value
            elif number == 2:
                dims.append(value)
    if kind not in _WIDTHS:
        raise ValueError(f"its data type {kind} is not known")
    return _WIDTHS[kind] * math.prod(dims)
