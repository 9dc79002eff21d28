"""How images are made ready: what the engine gets is upright, opaque, 8 bits deep, and small enough."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from .conftest import Start, as_json, error_of
from .documents import encoded, picture, tiff
from .fake_triton import FakeTriton


def sent(client: TestClient, triton: FakeTriton, document: bytes) -> list[Image.Image]:
    response = client.post("/ocr", **as_json(document))
    assert response.status_code == 200, response.text
    return [Image.open(io.BytesIO(page)) for page in triton.pages]


NOISE = Image.fromarray(np.random.default_rng(5).integers(0, 256, (61, 83, 3), np.uint8)).resize((331, 243))


def corner_and_rest(image: Image.Image) -> tuple[float, float]:
    grey = np.asarray(image.convert("L"), dtype=float)
    height, width = grey.shape
    return float(grey[: height // 8, : width // 8].mean()), float(grey[height // 2 :, width // 2 :].mean())


MODES: dict[str, tuple[Image.Image, str, dict[str, Any]]] = {
    "bilevel": (picture(mode="1"), "PNG", {}),
    "palette": (picture(mode="P"), "PNG", {}),
    "16 bits": (Image.fromarray(np.asarray(picture(mode="L"), dtype=np.uint16) * 257), "PNG", {}),
    "16 bits, TIFF": (Image.fromarray(np.asarray(picture(mode="L"), dtype=np.uint16) * 257), "TIFF", {}),
    "12 bits in 16": (Image.fromarray(np.asarray(picture(mode="L"), dtype=np.uint16) * 16), "PNG", {}),
    "floating point": (Image.fromarray(np.asarray(picture(mode="L"), dtype=np.float32) / 255), "TIFF", {}),
    "CMYK": (picture(mode="CMYK"), "JPEG", {}),
    "CMYK, TIFF": (picture(mode="CMYK"), "TIFF", {}),
    "LAB": (picture(mode="LAB"), "TIFF", {}),
    "fax": (picture(mode="1"), "TIFF", {"compression": "group4"}),
    "grey with alpha": (picture(mode="LA"), "PNG", {}),
}


@pytest.mark.parametrize("name", MODES)
def test_every_mode_comes_out_grey_or_rgb(client: TestClient, triton: FakeTriton, name: str) -> None:
    image, kind, options = MODES[name]
    (page,) = sent(client, triton, encoded(image, kind, **options))
    assert page.mode in ("L", "RGB")
    dark, light = corner_and_rest(page)
    assert dark < 40
    assert light > 215


KINDS: dict[str, tuple[Image.Image, str, dict[str, Any]]] = {
    "JPEG": (NOISE, "JPEG", {"quality": 85}),
    "JPEG, 4:4:4": (NOISE, "JPEG", {"quality": 95, "subsampling": 0}),
    "JPEG, 4:2:2, progressive": (NOISE, "JPEG", {"subsampling": 1, "progressive": True}),
    "JPEG, RGB inside": (NOISE, "JPEG", {"keep_rgb": True}),
    "JPEG, grey": (NOISE.convert("L"), "JPEG", {}),
    "PNG": (NOISE, "PNG", {"icc_profile": b"nonsense", "dpi": (30, 60)}),
    "PNG, grey": (NOISE.convert("L"), "PNG", {}),
    "WebP": (NOISE, "WEBP", {"quality": 70}),
    "WebP, lossless": (NOISE, "WEBP", {"lossless": True}),
    "BMP": (NOISE, "BMP", {}),
    "BMP, grey": (NOISE.convert("L"), "BMP", {}),
}


@pytest.mark.parametrize("name", KINDS)
def test_what_is_encoded_anew_keeps_every_pixel(start: Start, triton: FakeTriton, name: str) -> None:
    """Those that OpenCV, which reads for the official server, makes of the file."""
    image, kind, options = KINDS[name]
    document = encoded(image, kind, **options)
    for settings in ({}, {"reencode_images": True}):
        assert start(**settings).post("/ocr", **as_json(document)).status_code == 200
    as_usual, anew = triton.pages
    assert (as_usual == document) == (kind in ("JPEG", "PNG"))
    assert Image.open(io.BytesIO(anew)).info == {}
    first, *others = (
        cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) for data in (document, as_usual, anew)
    )
    assert all(np.array_equal(first, other) for other in others)


def test_transparency_becomes_white(client: TestClient, triton: FakeTriton) -> None:
    image = Image.new("RGBA", (80, 80), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (0, 0, 20, 20))
    (page,) = sent(client, triton, encoded(image))
    assert corner_and_rest(page) == (0, 255)


def test_a_transparent_palette_entry_becomes_white(client: TestClient, triton: FakeTriton) -> None:
    image = Image.new("P", (80, 80), 1)
    image.putpalette([0, 0, 0, 9, 9, 9])
    image.paste(0, (0, 0, 20, 20))
    (page,) = sent(client, triton, encoded(image, transparency=1))
    dark, light = corner_and_rest(page)
    assert (dark < 5, light > 250) == (True, True)


@pytest.mark.parametrize(("orientation", "size"), [(1, (120, 80)), (3, (120, 80)), (6, (80, 120)), (8, (80, 120))])
def test_photographs_are_turned_upright(
    client: TestClient, triton: FakeTriton, orientation: int, size: tuple[int, int]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    turn = {
        1: None,
        3: Image.Transpose.ROTATE_180,
        6: Image.Transpose.ROTATE_90,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    upright = picture(size)
    as_taken = upright if turn is None else upright.transpose(turn)
    (page,) = sent(client, triton, encoded(as_taken, "JPEG", exif=exif, quality=95))
    assert page.size == size
    dark, light = corner_and_rest(page)
    assert (dark < 20, light > 235) == (True, True)


def test_each_frame_of_a_tiff_is_a_page(client: TestClient, triton: FakeTriton) -> None:
    document = tiff(picture((50, 40), "1"), picture((60, 40), "L"), picture((70, 40)))
    response = client.post("/ocr", **as_json(document))
    assert [page["width"] for page in response.json()["pages"]] == [50, 60, 70]
    formats = {Image.open(io.BytesIO(page)).format for page in triton.pages}
    assert formats == {"PNG", "JPEG"}


def test_a_broken_frame_is_named(client: TestClient) -> None:
    document = tiff(*[picture((300, 300), "L") for _ in range(3)], compression="tiff_lzw")
    whole = Image.open(io.BytesIO(document))
    whole.seek(1)
    place = whole.tag_v2[273][0]
    broken = document[:place] + b"\xff" * 40 + document[place + 40 :]
    response = client.post("/ocr", **as_json(broken))
    assert response.status_code == 422
    assert response.json()["error"]["message"].startswith("page 2: ")


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animation_only_the_first_frame_is_read(client: TestClient, triton: FakeTriton, kind: str) -> None:
    frames = [picture(), picture(colour="red")]
    document = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    answer = client.post("/ocr", **as_json(document)).json()
    assert len(answer["pages"]) == 1
    assert "animated" in answer["warnings"][0]["message"]
    assert getattr(Image.open(io.BytesIO(triton.pages[0])), "n_frames", 1) == 1


def chained(count: int, *, circle: bool = False) -> bytes:
    """A TIFF with one directory repeated, each naming the next; in a circle the last one names the first."""
    first = bytearray(tiff(picture((40, 30), "L")))
    place = int.from_bytes(first[4:8], "little")
    end = place + 2 + 12 * int.from_bytes(first[place : place + 2], "little")
    directory = bytes(first[place:end])
    parts = []
    for number in range(1, count):
        following = len(first) + number * (len(directory) + 4)
        parts.append(directory + (following if number < count - 1 else place if circle else 0).to_bytes(4, "little"))
    first[end : end + 4] = (len(first) if parts else place if circle else 0).to_bytes(4, "little")
    return bytes(first) + b"".join(parts)


def test_the_pages_of_a_tiff_are_counted(client: TestClient) -> None:
    answer = client.post("/ocr", **as_json(chained(60), pages="59-")).json()
    assert [page["index"] for page in answer["pages"]] == [58, 59]


@pytest.mark.parametrize(
    ("document", "part"),
    [
        (chained(1, circle=True), "circle"),
        (chained(50, circle=True), "circle"),
        (chained(20_000), "more than 10000 pages"),
        (b"II*\0" + b"\0" * 4, "damaged"),
        (b"II*\0" + b"\xff" * 4, "damaged"),
        (b"MM\0+\0\x08\0\0" + b"\xff" * 8, "damaged"),
        (b"II*\0\x08\0\0\0" + b"\xff" * 40, "damaged"),
    ],
)
def test_tiffs_without_an_end(client: TestClient, document: bytes, part: str) -> None:
    response = client.post("/ocr", **as_json(document))
    assert (response.status_code, error_of(response)["code"]) == (422, "bad_image")
    assert part in error_of(response)["message"]
