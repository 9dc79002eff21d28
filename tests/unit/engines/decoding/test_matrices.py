"""Products of matrices, whatever layout they are kept in."""

from __future__ import annotations

import numpy as np
import paddle
import pytest

from engines.decoding.kernels import product
from engines.decoding.matrices import FEW_ROWS, Matrix

INPUTS, OUTPUTS = 70, 42
"""Neither fills its last vector or tile."""


@pytest.fixture(autouse=True)
def small_matrices_count(monkeypatch):
    monkeypatch.setattr("engines.decoding.matrices.FEW_WEIGHTS", 0)


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5, 8, 31, FEW_ROWS, FEW_ROWS + 1])
@pytest.mark.parametrize("threads", [None, 2])
@pytest.mark.parametrize("rounded", [True, False])
def test_a_product_is_that_of_the_float32_weights(rows, threads, rounded):
    weight = _weight(rounded=rounded)
    x = np.random.default_rng(rows).standard_normal((rows, INPUTS), np.float32)
    made = Matrix(paddle.to_tensor(weight), threads)(paddle.to_tensor(x)).numpy()
    # Weights rounded to bfloat16 would be wrong by 1e-3.
    np.testing.assert_allclose(made, x.astype(np.float64) @ weight, rtol=1e-5, atol=1e-5)


def test_a_prompt_of_many_rows_keeps_its_shape():
    x = np.random.default_rng(0).standard_normal((2, 3, INPUTS), np.float32)
    weight = _weight(rounded=True)
    made = Matrix(paddle.to_tensor(weight), 2)(paddle.to_tensor(x)).numpy()
    np.testing.assert_allclose(made, x @ weight, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("outputs", [4, 5, 4096])
def test_every_output_is_written(outputs):
    """Also the last ones, and those of matrices that are large enough for several threads."""
    bits = np.full((outputs, 512), np.float32(0.5).view(np.uint32) >> 16, np.uint16)
    for rows in (1, 6):
        assert np.array_equal(product(np.ones((rows, 512), np.float32), bits, 2), np.full((rows, outputs), 256.0))


def test_a_row_is_the_same_whoever_is_beside_it():
    random = np.random.default_rng(0)
    x = random.standard_normal((9, INPUTS), np.float32)
    matrix = Matrix(paddle.to_tensor(_weight(rounded=True)), 2)
    together = matrix(paddle.to_tensor(x)).numpy()
    assert np.array_equal(matrix(paddle.to_tensor(x[3:6])).numpy(), together[3:6])


def _weight(*, rounded: bool) -> np.ndarray:
    weight = np.random.default_rng(1).standard_normal((INPUTS, OUTPUTS), np.float32)
    return (weight.view(np.uint32) & 0xFFFF0000).view(np.float32) if rounded else weight
