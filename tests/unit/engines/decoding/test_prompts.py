"""Prompts hold what the official processor makes, and refuse what it can't take."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.decoding.prompts import rope_positions
from engines.errors import BadImage, BadOption
from engines.vlm.base import PROMPTS, Crop, VlmOptions
from tests.unit.engines.decoding.conftest import noise


@pytest.mark.parametrize("prompt", PROMPTS)
def test_patches_tokens_and_positions_are_the_official_ones(checkpoint, maker, prompt):
    crop = noise(1, prompt)
    made = maker.make(crop)
    official = checkpoint.processor.preprocess(
        [{"image": crop.image, "query": prompt}],
        min_pixels=crop.options.min_pixels,
        max_pixels=crop.options.max_pixels,
    )
    positions, delta = checkpoint.model.get_rope_index(official["input_ids"], official["image_grid_thw"])
    assert np.array_equal(made.ids, official["input_ids"].numpy()[0])
    assert np.array_equal(made.patches, official["pixel_values"].numpy())
    assert (1, *made.grid) == tuple(official["image_grid_thw"].numpy()[0])
    assert np.array_equal(made.positions, positions.numpy()[:, 0])
    assert made.delta == delta.item()


@pytest.mark.parametrize("given_pixels", [{}, {"min_pixels": 50_000}, {"max_pixels": 200_000}])
def test_pixel_limits_left_out_are_the_checkpoints(checkpoint, maker, given_pixels):
    crop = Crop(noise(2).image, "OCR:", VlmOptions(**given_pixels))
    official = checkpoint.processor.preprocess([{"image": crop.image, "query": "OCR:"}], **given_pixels)
    assert np.array_equal(maker.make(crop).patches, official["pixel_values"].numpy())


@given(
    before=st.integers(0, 9),
    after=st.integers(1, 9),
    grid=st.tuples(st.integers(1, 12), st.integers(1, 12)),
)
@settings(deadline=None)
def test_positions_count_on_behind_the_largest_of_the_image(before, after, grid):
    rows, columns = grid
    positions, delta = rope_positions(before + rows * columns + after, before, grid)
    behind = before + max(grid)
    assert positions[:, -after:].tolist() == [list(range(behind, behind + after))] * 3
    assert positions[1, before : before + rows * columns].reshape(grid).tolist() == [
        [before + row] * columns for row in range(rows)
    ]
    assert delta == behind + after - positions.shape[1]


@pytest.mark.parametrize(
    ("image", "error"),
    [(np.zeros((0, 20, 3), np.uint8), "no pixels"), (np.zeros((1, 9000, 3), np.uint8), "aspect ratio")],
)
def test_pictures_that_cannot_be_scaled_are_refused(maker, image, error):
    with pytest.raises(BadImage, match=error):
        maker.make(Crop(image, "OCR:"))


def test_options_that_contradict_each_other_are_refused(maker):
    with pytest.raises(BadOption, match=r"min_pixels \(9000\) is above max_pixels \(800\)"):
        maker.make(noise(1, min_pixels=9000, max_pixels=800))


def test_a_prompt_cannot_bring_pictures_of_its_own(maker):
    with pytest.raises(BadOption, match="placeholder"):
        maker.make(noise(1, "OCR: <|IMAGE_PLACEHOLDER|>"))
