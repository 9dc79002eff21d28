"""Weight matrices in the layouts in which they are fastest."""

from __future__ import annotations

from typing import Any

import numpy as np
import paddle
from numpy.typing import NDArray

from engines.decoding.kernels import TILE, product

Tensor = Any

FEW_ROWS = 64
"""Up to so many rows decode in a step; a prefill has more."""
FEW_WEIGHTS = 1 << 16
"""A matrix of less lies in the processor's cache, in whatever layout: the fewest operators are the fastest."""


class Matrix:
    """A linear layer without bias: [..., inputs] to [..., outputs]; `threads` of a CPU, None on a GPU.

    Paddle keeps weights as [inputs, outputs], which is best for many rows. For the few of a step a transposed copy is
    kept besides on a CPU: in bfloat16 where every weight is one, as in the released checkpoints; else in float32, as
    the left side of the product, since MKL packs the right side anew at each call.
    """

    def __init__(self, weight: Tensor, threads: int | None) -> None:
        self._weight = weight
        self._threads = threads or 0
        copied = threads and weight.size >= FEW_WEIGHTS
        self._bits = _bfloat16_bits(weight) if copied else None
        self._turned = weight.transpose([1, 0]).contiguous() if copied and self._bits is None else None

    def __call__(self, x: Tensor) -> Tensor:
        """The product."""
        if x.ndim == 2 and x.shape[0] <= FEW_ROWS:
            if self._bits is not None:
                return paddle.to_tensor(product(x.numpy(), self._bits, self._threads))
            if self._turned is not None and x.shape[0] > 1:
                return paddle.matmul(self._turned, x, transpose_y=True).transpose([1, 0]).contiguous()
        return paddle.matmul(x, self._weight)


def _bfloat16_bits(weight: Tensor) -> NDArray[np.uint16] | None:
    """The transpose of a float32 matrix as the bits of bfloat16, [outputs, inputs]; None where that would round."""
    bits = weight.numpy().view(np.uint32)
    if bits.shape[1] < TILE or np.any(bits & 0xFFFF):
        return None
    return np.ascontiguousarray((bits >> 16).astype(np.uint16).T)
