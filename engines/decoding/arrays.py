"""Paddle's tensors on a CPU as numpy's arrays."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import paddle
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def shared(tensor: Any) -> Floats:
    """A contiguous float32 tensor of Paddle's on the CPU, without a copy; it must live as long.

    Not by DLPack: numpy makes that read-only, and OpenVINO shares only what it could write to.
    """
    if tensor.dtype != paddle.float32 or not tensor.is_contiguous():
        raise TypeError(f"a tensor is {tensor.dtype}, or not contiguous")
    pointer = ctypes.cast(tensor.data_ptr(), ctypes.POINTER(ctypes.c_float))
    return np.ctypeslib.as_array(pointer, shape=tuple(tensor.shape))
