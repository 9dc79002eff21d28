"""Triton tensors as Python values, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import triton_python_backend_utils as pb_utils
from numpy.typing import NDArray

from engines.errors import BadImage, InvalidInput


def read_bytes(request: Any, name: str, default: bytes | None = None) -> bytes:
    """The only element of a STRING tensor, whatever its batch dimensions; `default` where an optional one is absent."""
    tensor = pb_utils.get_input_tensor_by_name(request, name)
    if tensor is None:
        if default is None:
            raise InvalidInput(f"the input {name} is missing")
        return default
    values = tensor.as_numpy().reshape(-1)
    if values.size != 1:
        raise InvalidInput(f"{name} must hold one element, but holds {values.size}")
    return bytes(values[0])


def read_image(request: Any) -> NDArray[np.uint8]:
    """IMAGE, [1, height, width, 3] on the wire, as an RGB uint8 array of our own [height, width, 3]."""
    image = pb_utils.get_input_tensor_by_name(request, "IMAGE").as_numpy()
    if image.ndim != 4 or image.shape[0] != 1 or 0 in image.shape:
        raise BadImage(
            f"IMAGE must have the shape [1, height, width, 3], one image a request, but has {list(image.shape)}"
        )
    # Triton takes its memory back when execute() returns, and the engine may still be at work then.
    return np.array(image[0], dtype=np.uint8)


def text_tensor(name: str, *values: str | bytes, shape: Sequence[int] | None = None) -> Any:
    """A STRING tensor of these values, [n] unless `shape` says otherwise."""
    encoded = np.empty(len(values), dtype=np.object_)
    encoded[:] = [value.encode() if isinstance(value, str) else value for value in values]
    return pb_utils.Tensor(name, encoded if shape is None else encoded.reshape(shape))


def read_text(response: Any, name: str) -> str:
    """The only element of a STRING tensor of another model's answer."""
    value = pb_utils.get_output_tensor_by_name(response, name).as_numpy().reshape(-1)[0]
    return bytes(value).decode()
