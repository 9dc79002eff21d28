"""Both decoders: Paddle's operators, which run on a GPU, and kernels of numba, which run on a CPU."""

from __future__ import annotations

import numpy as np
import pytest

from engines.decoding.cache import Cache, by_halves
from engines.decoding.compiled_decoder import CompiledDecoder
from engines.decoding.decoder import open_decoder
from engines.decoding.paddle_decoder import PaddleDecoder
from engines.decoding.paddle_vision import PaddleTower
from engines.vlm.base import PROMPTS
from tests.unit.engines.decoding.conftest import drained, noise


def test_a_cpu_has_the_compiled_decoder(checkpoint):
    assert isinstance(open_decoder(checkpoint.model, 2), CompiledDecoder)


def test_both_give_the_same_logits(make_bench):
    """Of rows in several lanes, over several steps."""
    bench = make_bench()
    compiled, in_paddle = bench.decoder, PaddleDecoder(bench.checkpoint.model)
    for seed in range(5):
        pixels = 28 * 28 * (20 + 100 * seed)
        [row] = bench.rows([noise(seed, min_pixels=pixels, max_pixels=2 * pixels, max_new_tokens=400)])
        bench.begin(row)
    assert len(bench.cache.lanes()) > 1
    for _ in range(3):
        bench.cache.grow()
        expected = in_paddle.step(bench.cache).numpy()
        for row in bench.cache.rows():
            row.length -= 1
        made = compiled.step(bench.cache)
        np.testing.assert_allclose(made, expected, rtol=0, atol=1e-4 * np.abs(expected).max())
        for row, token in zip(bench.cache.rows(), made.argmax(-1), strict=True):
            row.take(int(token))


@pytest.mark.parametrize("slice_tokens", [1 << 30, 100, 64])
def test_both_make_the_same_of_prompts_in_whatever_slices(make_bench, slice_tokens):
    bench = make_bench()
    rows = bench.rows([noise(seed, min_pixels=(20 + 150 * seed) * 28 * 28, max_pixels=10**6) for seed in range(3)])
    images = drained(bench.tower.encode([row.prompt for row in rows], 1 << 30))[0]
    made = []
    for decoder, most in ((PaddleDecoder(bench.checkpoint.model), 1 << 30), (bench.decoder, slice_tokens)):
        cache = Cache(decoder.cache_shape, 1 << 14, by_halves)
        prefilled, _ = drained(decoder.prefill(rows, images, most))
        for number, row in enumerate(rows):
            decoder.enter(row, number, prefilled, cache)
        held = [
            [part[place, :, : row.length].copy() for part in lane.arrays(layer)]
            for lane in cache.lanes()
            for place, row in enumerate(lane.rows)
            for layer in range(decoder.layers)
        ]
        made.append([np.asarray(prefilled.logits), *(array for arrays in held for array in arrays)])
    for expected, compiled in zip(*made, strict=True):
        np.testing.assert_allclose(compiled, expected, rtol=0, atol=1e-4 * np.abs(expected).max())


def test_a_smaller_slice_of_a_prompt_is_less_work(make_bench):
    bench = make_bench()
    rows = bench.rows([noise(0, min_pixels=500 * 28 * 28, max_pixels=10**6)])
    images = drained(bench.tower.encode([rows[0].prompt], 1 << 30))[0]
    counts = [drained(bench.decoder.prefill(rows, images, most))[1] for most in (1 << 30, 128, 64)]
    assert counts == sorted(set(counts))


def test_texts_as_a_gpu_reads_them_are_the_official_ones(make_bench):
    bench = make_bench(
        make_tower=lambda model, _: PaddleTower(model), make_decoder=lambda model, _: PaddleDecoder(model)
    )
    _reads_as_the_official_engine(bench)


def test_sampled_texts_are_the_same_from_both(make_bench):
    crops = [noise(seed, temperature=0.7, top_p=0.9, repetition_penalty=1.1, seed=seed) for seed in range(3)]
    benches = [make_bench(), make_bench(make_decoder=lambda model, _: PaddleDecoder(model))]
    compiled, in_paddle = ([text.text for text in bench.run(bench.rows(crops))] for bench in benches)
    assert compiled == in_paddle
    assert compiled != [benches[0].official(crop) for crop in crops]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("bfloat16", [True, False])
def test_texts_are_the_official_ones_whatever_the_weights_and_threads(make_bench, monkeypatch, threads, bfloat16):
    """As in checkpoints of the released size, or fine-tuned in float32."""
    monkeypatch.setattr("engines.decoding.compiled_decoder.are_bfloat16", lambda _: bfloat16)
    monkeypatch.setattr("engines.decoding.compiled_decoder.WEIGHTS_A_THREAD", 1)
    _reads_as_the_official_engine(make_bench(make_decoder=lambda model, _: CompiledDecoder(model, threads)))


def _reads_as_the_official_engine(bench):
    crops = [noise(seed, PROMPTS[seed % 6], max_new_tokens=100) for seed in range(8)]
    texts = bench.run(bench.rows(crops))
    assert [text.text for text in texts] == [bench.official(crop) for crop in crops]
