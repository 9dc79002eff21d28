from __future__ import annotations

import base64
import io
import random

import numpy as np
import pytest
from paddlex.inference.models.doc_vlm.processors.paddleocr_vl._siglip import smart_resize
from PIL import Image

from engines.errors import BadImage
from engines.vlm_server.images import data_uri, smart_size


def decoded(uri: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))))


def test_sizes_are_those_of_paddlex() -> None:
    numbers = random.Random(7)
    for _ in range(2000):
        height, width = numbers.randint(1, 3000), numbers.randint(1, 3000)
        bounds = numbers.choice([(112896, 1003520), (147384, 2822400), (1000, 5000), (0, 10**9)])
        try:
            wanted = smart_resize(height, width, 28, *bounds)
        except ValueError:
            with pytest.raises(BadImage):
                smart_size(height, width, *bounds)
            continue
        assert smart_size(height, width, *bounds) == tuple(max(28, side) for side in wanted), (height, width, bounds)


def test_a_size_that_was_chosen_stays() -> None:
    for height, width in [(40, 900), (2000, 1500), (30, 30), (600, 28)]:
        chosen = smart_size(height, width, 112896, 1003520)
        assert smart_size(*chosen, 112896, 1003520) == chosen


def test_pixels_are_pillows_bicubic_ones() -> None:
    image = np.random.default_rng(7).integers(0, 256, (60, 400, 3), np.uint8)
    height, width = smart_size(60, 400, 112896, 1003520)
    wanted = np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC))
    np.testing.assert_array_equal(decoded(data_uri(image, "png", 112896, 1003520)), wanted)


def test_without_bounds_nothing_is_scaled() -> None:
    image = np.random.default_rng(7).integers(0, 256, (61, 43, 3), np.uint8)
    np.testing.assert_array_equal(decoded(data_uri(image, "png")), image)


def test_jpeg_keeps_the_order_of_colours() -> None:
    image = np.full((56, 56, 3), (220, 20, 20), np.uint8)
    red, _, blue = decoded(data_uri(image, "jpeg")).mean(axis=(0, 1))
    assert red > 200 > 40 > blue
