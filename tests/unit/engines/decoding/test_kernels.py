"""Products and attention of a decode step on a CPU, against the same in float64."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from engines.decoding.kernels import Kernels, compile_kernels
from engines.decoding.matrices import are_bfloat16, turned

INPUTS, OUTPUTS = 70, 42
"""Neither fills its last vector or tile."""


@pytest.fixture(params=[1, 2], ids="{} threads".format)
def threads(request: pytest.FixtureRequest) -> int:
    threads: int = request.param
    return threads


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5, 8, 31, 64])
@pytest.mark.parametrize("bfloat16", [True, False])
def test_a_product_is_that_of_the_float32_weights(rows, threads, bfloat16):
    weight = _weight(rounded=bfloat16)
    x = np.random.default_rng(rows).standard_normal((rows, INPUTS), np.float32)
    made = compile_kernels(threads, bfloat16=bfloat16).product(x, turned(weight, bfloat16=bfloat16))
    # Weights rounded to bfloat16 would be wrong by 1e-3.
    np.testing.assert_allclose(made, x.astype(np.float64) @ weight, rtol=1e-5, atol=1e-5)


def test_weights_are_bfloat16_only_where_nothing_is_lost():
    rounded, other = _weight(rounded=True), _weight(rounded=False)
    assert are_bfloat16([rounded, rounded])
    assert not are_bfloat16([rounded, other])


@pytest.mark.parametrize("outputs", [4, 5, 4096])
def test_every_output_is_written(outputs, threads):
    """Also the last ones."""
    bits = np.full((outputs, 512), np.float32(0.5).view(np.uint32) >> 16, np.uint16)
    kernels = compile_kernels(threads, bfloat16=True)
    for rows in (1, 6):
        assert np.array_equal(kernels.product(np.ones((rows, 512), np.float32), bits), np.full((rows, outputs), 256.0))


def test_a_row_is_the_same_whoever_is_beside_it(threads):
    random = np.random.default_rng(0)
    x = random.standard_normal((9, INPUTS), np.float32)
    kernels, weights = compile_kernels(threads, bfloat16=True), turned(_weight(rounded=True), bfloat16=True)
    together = kernels.product(x, weights)
    assert np.array_equal(kernels.product(x[3:6], weights), together[3:6])


@pytest.mark.parametrize(("queries", "heads", "size"), [(4, 2, 32), (16, 2, 128), (3, 1, 6)])
def test_attention_is_that_of_the_formula(queries, heads, size, threads):
    _attend_and_compare(compile_kernels(threads, bfloat16=True), queries, heads, size, lengths=[0, 1, 2, 3, 6, 40, 89])


def test_large_logits_do_not_overflow():
    kernels = compile_kernels(1, bfloat16=True)
    _attend_and_compare(kernels, 4, 2, 32, lengths=[50], larger=1000)


def test_kernels_of_several_threads_may_be_called_by_several():
    """Numba's own pool would end the process."""
    kernels, weights = compile_kernels(2, bfloat16=True), turned(_weight(rounded=True), bfloat16=True)
    x = np.ones((4, INPUTS), np.float32)
    expected = kernels.product(x, weights)
    wrong: list[int] = []

    def call(number: int) -> None:
        wrong.extend(number for _ in range(500) if not np.array_equal(kernels.product(x, weights), expected))

    callers = [threading.Thread(target=call, args=(number,)) for number in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert not wrong


def _attend_and_compare(
    kernels: Kernels, queries: int, heads: int, size: int, lengths: list[int], larger: float = 1
) -> None:
    random = np.random.default_rng(0)
    rows, longest = len(lengths), 90
    projected = random.standard_normal((rows, queries + 2 * heads, size), np.float32) * np.float32(larger)
    keys, values = random.standard_normal((2, rows + 1, heads, longest, size), np.float32)
    angles = random.standard_normal((rows, size // 2), np.float32)
    seen = np.full((rows, queries * size), np.nan, np.float32)
    before = keys.copy(), values.copy()
    rope = np.cos(angles), np.sin(angles)
    kernels.attend(projected.reshape(rows, -1).copy(), rope, (keys, values), np.array(lengths), seen)
    for row, length in enumerate(lengths):
        turned_heads = _turned(projected[row].astype(np.float64), angles[row])
        query, key = turned_heads[:queries], turned_heads[queries : queries + heads]
        for expected, cached, new in zip(before, (keys, values), (key, projected[row, -heads:]), strict=True):
            expected[row, :, length] = new
            np.testing.assert_allclose(cached[row], expected[row], rtol=1e-5, atol=1e-5 * larger)
        for head in range(queries):
            shared = head * heads // queries
            logits = before[0][row, shared, : length + 1] @ query[head] / np.sqrt(size)
            weights = np.exp(logits - logits.max())
            expected_seen = weights @ before[1][row, shared, : length + 1] / weights.sum()
            made = seen[row].reshape(queries, size)[head]
            np.testing.assert_allclose(made, expected_seen, rtol=1e-4, atol=1e-5 * larger)
    # What is no row's stays as it was.
    assert np.array_equal(keys[rows], before[0][rows])


def _turned(heads: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Halves of a head are the parts of complex numbers, which turn by their angles."""
    low, high = np.split(heads, 2, axis=-1)
    turned = (low + 1j * high) * np.exp(1j * angles)
    return np.concatenate([turned.real, turned.imag], axis=-1)


def _weight(*, rounded: bool) -> np.ndarray:
    weight = np.random.default_rng(1).standard_normal((INPUTS, OUTPUTS), np.float32)
    return (weight.view(np.uint32) & 0xFFFF0000).view(np.float32) if rounded else weight
