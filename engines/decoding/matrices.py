"""Weight matrices in the layouts in which they are fastest."""

from __future__ import annotations

from typing import Any

import paddle

Tensor = Any

FEW_ROWS = 64
"""Up to so many rows decode in a step; a prefill has more."""


class Matrix:
    """A linear layer without bias: [..., inputs] to [..., outputs].

    Paddle keeps weights as [inputs, outputs], which is best for one row and for many. On a CPU, where MKL packs the
    right side of a product anew at each call, a step of 2 to 32 rows is 1.3 to 1.6 times as fast with the weight as the
    left side, so that there a transposed copy is kept besides.
    """

    def __init__(self, weight: Tensor, *, on_cpu: bool) -> None:
        self._weight = weight
        self._turned = weight.transpose([1, 0]).contiguous() if on_cpu else None

    def __call__(self, x: Tensor) -> Tensor:
        """The product."""
        if self._turned is not None and x.ndim == 2 and 1 < x.shape[0] <= FEW_ROWS:
            return paddle.matmul(self._turned, x, transpose_y=True).transpose([1, 0]).contiguous()
        return paddle.matmul(x, self._weight)
