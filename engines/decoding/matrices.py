"""Weight matrices in the layout in which few rows go through them fastest."""

from __future__ import annotations

from typing import Any

import paddle

Tensor = Any

FEW_ROWS = 64
"""Up to so many rows a step decodes; a prefill has more."""


class Matrix:
    """A linear layer without bias: [..., inputs] to [..., outputs].

    Paddle keeps weights as [inputs, outputs]. On a CPU, where MKL packs the right side of a product anew at each call,
    a step of 2 to 32 rows is up to twice as fast with the weight as the left side; there it is kept transposed.
    """

    def __init__(self, weight: Tensor, *, on_cpu: bool) -> None:
        self._on_cpu = on_cpu
        self._weight = weight.transpose([1, 0]).contiguous() if on_cpu else weight

    def __call__(self, x: Tensor) -> Tensor:
        """The product."""
        if not self._on_cpu:
            return paddle.matmul(x, self._weight)
        if x.ndim == 2 and 1 < x.shape[0] <= FEW_ROWS:
            return paddle.matmul(self._weight, x, transpose_y=True).transpose([1, 0]).contiguous()
        return paddle.matmul(x, self._weight, transpose_y=True)
