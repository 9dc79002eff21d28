"""Decoding: limits before pixels, and no damaged image passes for a whole one."""

import io

import numpy as np
import pytest
from PIL import Image

from engines.errors import BadImage
from engines.page.decoding import FORMATS, decode

PIXELS = 10_000


def encode(kind: str, size: tuple[int, int] = (90, 60), **options: object) -> bytes:
    picture = Image.effect_noise(size, 60).convert("RGB")
    picture.paste((255, 0, 0), (0, 0, size[0] // 2, size[1]))
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_gives_bgr_pixels(kind):
    pixels = decode(encode(kind), PIXELS)
    assert pixels.shape == (60, 90, 3)
    assert pixels.dtype == np.uint8
    blue, green, red = pixels[30, 10]
    assert (red > 200, green < 60, blue < 60) == (True, True, True)


def test_progressive_jpeg_is_whole():
    assert decode(encode("JPEG", progressive=True), PIXELS).shape == (60, 90, 3)


def test_exif_orientation_turns_the_page_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decode(encode("JPEG", exif=exif), PIXELS).shape == (90, 60, 3)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning")
@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("left", [0, 10, 0.5, -3])
def test_a_cut_off_image_is_refused(kind, left):
    data = encode(kind)
    cut = data[: int(len(data) * left)] if isinstance(left, float) else data[:left]
    with pytest.raises(BadImage):
        decode(cut, PIXELS)


def test_too_many_pixels_name_the_setting():
    with pytest.raises(BadImage, match="MAX_IMAGE_PIXELS=10000"):
        decode(encode("PNG", (101, 100)), PIXELS)


def test_a_bomb_is_refused_by_its_header():
    header = bytearray(encode("PNG", (10, 10)))
    header[16:24] = (60_000).to_bytes(4, "big") * 2
    with pytest.raises(BadImage):
        decode(bytes(header), PIXELS)


@pytest.mark.parametrize("data", [b"%PDF-1.7", b"GIF89a" + bytes(100), b"hello"])
def test_other_bytes_are_no_image(data):
    with pytest.raises(BadImage, match="JPEG, PNG"):
        decode(data, PIXELS)
