from __future__ import annotations

import base64

import numpy as np

from benchmarks.perf.inputs import mixed, page_requests, pixels


def test_a_page_is_a_string_tensor_of_one_element_behind_its_length():
    [request] = page_requests([b"\xff\xd8page"])
    assert request["IMAGE"]["shape"] == [1]
    assert base64.b64decode(request["IMAGE"]["content"]["b64"]) == b"\x06\x00\x00\x00\xff\xd8page"


def test_an_image_is_its_pixels_row_by_row():
    image = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    tensor = pixels(image)
    assert tensor["shape"] == [2, 4, 3]
    assert base64.b64decode(tensor["content"]["b64"]) == bytes(range(24))


def test_mixed_is_another_order_and_always_the_same_one():
    items = list(range(100))
    assert mixed(items) == mixed(items) != items
    assert sorted(mixed(items)) == items
