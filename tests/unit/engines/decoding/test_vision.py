"""Both vision towers: Paddle's operators, which run on a GPU, and OpenVINO's programs, which run on a CPU."""

from __future__ import annotations

import numpy as np
import pytest

from engines.decoding.compiled_vision import CompiledTower
from engines.decoding.paddle_vision import PaddleTower
from engines.decoding.vision import open_tower
from engines.vlm.base import Crop, VlmOptions
from tests.unit.engines.decoding.conftest import drained

WHOLE = 1 << 30


@pytest.fixture
def towers(checkpoint):
    return PaddleTower(checkpoint.model), CompiledTower(checkpoint.model, threads=2)


def prompt_of(maker, rows: int, columns: int, seed: int = 0):
    pixels = np.random.default_rng(seed).integers(0, 256, (28 * rows, 28 * columns, 3), dtype=np.uint8)
    return maker.make(Crop(pixels, "OCR:", VlmOptions(min_pixels=28 * 28)))


def same(first, second) -> bool:
    return np.allclose(first.numpy(), second.numpy(), rtol=0, atol=1e-4 * float(first.abs().max()))


def test_a_cpu_has_the_compiled_tower(checkpoint):
    assert isinstance(open_tower(checkpoint.model, 2), CompiledTower)


@pytest.mark.parametrize("grid", [(1, 1), (1, 9), (7, 2), (5, 26), (20, 24)])
@pytest.mark.parametrize("slice_patches", [WHOLE, 64, 100])
def test_both_give_the_same_tokens_in_whatever_slices(towers, maker, grid, slice_patches):
    prompt = prompt_of(maker, *grid)
    paddle, compiled = towers
    [[expected], _], [[image], _] = (
        drained(paddle.encode([prompt], WHOLE)),
        drained(compiled.encode([prompt], slice_patches)),
    )
    assert image.shape == [prompt.image_tokens, expected.shape[1]]
    assert same(expected, image)


def test_pictures_do_not_see_each_other(towers, maker):
    prompts = [prompt_of(maker, rows, 12, seed) for seed, rows in enumerate((3, 8, 1))]
    for tower in towers:
        together, _ = drained(tower.encode(prompts, WHOLE))
        alone = [drained(tower.encode([prompt], WHOLE))[0][0] for prompt in prompts]
        assert all(same(*pair) for pair in zip(together, alone, strict=True))


def test_attention_of_a_large_picture_goes_in_parts(towers, maker, monkeypatch):
    prompt = prompt_of(maker, 20, 24)
    monkeypatch.setattr("engines.decoding.compiled_vision.LOGITS_BYTES", 1 << 20)
    monkeypatch.setattr("engines.decoding.paddle_vision.LOGITS_BYTES", 1 << 20)
    ((first, slices_of_first), (second, slices_of_second)) = (
        drained(tower.encode([prompt], WHOLE)) for tower in towers
    )
    assert same(first[0], second[0])
    assert min(slices_of_first, slices_of_second) > len(prompt.patches) ** 2 * 4 * 4 / 2**20


def test_a_smaller_slice_is_less_work(towers, maker):
    prompt = prompt_of(maker, 20, 24)
    for tower in towers:
        counts = [drained(tower.encode([prompt], most))[1] for most in (WHOLE, 512, 64)]
        assert counts == sorted(set(counts))


def test_an_encoding_that_was_given_up_leaves_nothing_behind(towers, maker):
    for tower in towers:
        work = tower.encode([prompt_of(maker, 8, 8, seed=1)], 64)
        for _ in range(5):
            next(work)
        [image], _ = drained(tower.encode([prompt_of(maker, 8, 8)], WHOLE))
        [expected], _ = drained(towers[0].encode([prompt_of(maker, 8, 8)], WHOLE))
        assert same(expected, image)
