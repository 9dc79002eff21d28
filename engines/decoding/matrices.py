"""Weight matrices as a decode step on a CPU reads them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from engines.decoding.arrays import Floats
from engines.decoding.kernels import Weights


def are_bfloat16(matrices: Iterable[Floats]) -> bool:
    """Whether every number is a bfloat16, as in the released checkpoints: its lower half is zero."""
    return not any(np.any(matrix.view(np.uint32) & 0xFFFF) for matrix in matrices)


def turned(matrix: Floats, *, bfloat16: bool) -> Weights:
    """A copy of [inputs, outputs], as Paddle keeps weights, as [outputs, inputs]; in bfloat16 as its bits."""
    if bfloat16:
        return np.ascontiguousarray((matrix.view(np.uint32) >> 16).astype(np.uint16).T)
    return np.ascontiguousarray(matrix.T)
