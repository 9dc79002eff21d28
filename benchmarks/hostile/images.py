"""Images: bombs, damage, odd sizes and modes; the valid ones among them must be read."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.hostile.cases import Case, document

TEXT = "Harbour 4127"
"""What is written on every page that can be read."""
_ZEROS = zlib.compress(bytes(200_000_000), 9)
"""200 MB in 190 KB."""


def page(size: tuple[int, int] = (640, 200), mode: str = "RGB", paper: str = "white") -> Image.Image:
    """A page with TEXT on it."""
    image = Image.new("RGB", size, paper)
    ImageDraw.Draw(image).text((40, size[1] // 2 - 40), TEXT, fill="black", font=ImageFont.load_default(size=64))
    return image if mode == "RGB" else image.convert(mode)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The image in a file format of Pillow."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _read()
    yield from _sizes()
    yield from _bombs()
    yield from _tiffs()
    yield from _damaged()
    yield from _wrong_types()


def _read() -> Iterator[Case]:
    grey = np.asarray(page(mode="L"))
    clear = page().convert("RGBA")
    clear.putalpha(Image.fromarray(np.where(grey > 200, 0, 255).astype(np.uint8)))
    exif = Image.Exif()
    exif[0x0112] = 3
    frames = [page(), page(paper="yellow")]
    readable: dict[str, bytes] = {
        "plain PNG": encoded(page()),
        "plain JPEG": encoded(page(), "JPEG"),
        "plain WebP": encoded(page(), "WEBP"),
        "plain BMP": encoded(page(), "BMP"),
        "plain TIFF": encoded(page(), "TIFF"),
        "CMYK JPEG": encoded(page(mode="CMYK"), "JPEG"),
        "CMYK TIFF": encoded(page(mode="CMYK"), "TIFF"),
        "LAB TIFF": encoded(page(mode="LAB"), "TIFF"),
        "16-bit PNG": encoded(Image.fromarray(grey.astype(np.uint16) * 257)),
        "16-bit TIFF": encoded(Image.fromarray(grey.astype(np.uint16) * 257), "TIFF"),
        "12 bits in 16": encoded(Image.fromarray(grey.astype(np.uint16) * 16)),
        "floating-point TIFF": encoded(Image.fromarray(grey.astype(np.float32) / 255), "TIFF"),
        "bilevel PNG": encoded(page(mode="1")),
        "fax TIFF": encoded(page(mode="1"), "TIFF", compression="group4"),
        "palette PNG": encoded(page(mode="P")),
        "transparent PNG": encoded(clear),
        "upside-down JPEG": encoded(page().rotate(180), "JPEG", exif=exif),
        "animated PNG": encoded(frames[0], "PNG", save_all=True, append_images=frames[1:]),
        "animated WebP": encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]),
        "MPO": encoded(frames[0], "MPO", save_all=True, append_images=frames[1:]),
        "progressive JPEG": encoded(page(), "JPEG", progressive=True),
        "PNG with garbage behind it": encoded(page()) + bytes(1000),
        "JPEG with a PDF behind it": encoded(page(), "JPEG") + b"%PDF-1.7",
        "PNG with 3 MB of text in it": with_chunks(
            *((b"tEXt", f"key{number}\0".encode() + b"a" * 1000) for number in range(3000))
        ),
        "PNG that claims two billion frames": with_chunks((b"acTL", struct.pack(">II", 2**31 - 1, 0))),
    }
    for name, data in readable.items():
        yield document(name, data, 200, says=TEXT, read=1)
    yield document("PNG whose pixels go on for 200 MB", png(100, 100, pixels=_ZEROS), 200, read=1)


def _sizes() -> Iterator[Case]:
    for size in ((1, 1), (1, 500), (500, 1), (3, 3), (3, 600)):
        for kind in ("PNG", "JPEG", "BMP"):
            yield document(f"{kind} of {size[0]} x {size[1]}", encoded(Image.new("L", size), kind), 422, "bad_image")
    for width, height in ((65_535, 1), (65_535, 10), (10, 65_535), (40_000, 100)):
        codes = ("bad_image",) if height == 1 else ("page_too_large",)
        yield document(f"PNG of {width} x {height}", png(width, height), 422, *codes)
    for width, height in ((65_500, 8), (8, 65_500)):
        image = encoded(Image.new("L", (width, height)), "JPEG")
        yield document(f"JPEG of {width} x {height}", image, 422, "page_too_large")
        yield document(f"JPEG that claims 65,535 instead of {width} x {height}", claiming(image), 422, "page_too_large")
    yield document("PNG of 0 x 0", png(0, 0), 422, "bad_image")
    yield document("PNG of 100 x 0", png(100, 0), 422, "bad_image")
    yield document("PNG of 2^31 - 1 pixels square", png(2**31 - 1, 2**31 - 1, pixels=b""), 422, "page_too_large")
    yield document("blank PNG of 4 x 4", png(4, 4), 200, read=1)


def _bombs() -> Iterator[Case]:
    for side in (10_000, 30_000, 60_000):
        yield document(f"PNG that claims {side} pixels square", png(side, side, pixels=b""), 422, "page_too_large")
    yield document("PNG of 10,000 pixels square in 12 KB", png(10_000, 10_000, bits=1), 422, "page_too_large")
    yield document("JPEG of 8,000 pixels square", encoded(Image.new("L", (8000, 8000)), "JPEG"), 422, "page_too_large")
    large = Image.new("RGB", (16_383, 16_383))
    yield document(
        "WebP of 16,383 pixels square in 34 bytes", encoded(large, "WEBP", lossless=True), 422, "page_too_large"
    )
    bmp = bytearray(encoded(Image.new("1", (64, 64)), "BMP"))
    bmp[18:26] = (60_000).to_bytes(4, "little") * 2
    yield document("BMP that claims 60,000 pixels square", bytes(bmp), 422, "page_too_large")
    yield document(
        "TIFF of 9,000 pixels square, deflated",
        encoded(Image.new("L", (9000, 9000)), "TIFF", compression="tiff_adobe_deflate"),
        422,
        "page_too_large",
    )
    for name, chunk in {
        "ICC profile": (b"iCCP", b"x\0\0" + _ZEROS),
        "compressed text": (b"zTXt", b"x\0\0" + _ZEROS),
        "international text": (b"iTXt", b"x\0\1\0\0\0" + _ZEROS),
    }.items():
        yield document(f"PNG with an {name} of 200 MB", with_chunks(chunk), 422, "bad_image")


def _tiffs() -> Iterator[Case]:
    yield document("TIFF whose directories run in a circle", chained_tiff(1, last=8), 422, "bad_image")
    yield document("TIFF of 200,000 empty directories", chained_tiff(200_000), 422, "bad_image")
    yield document("TIFF of 9,000 empty directories", chained_tiff(9_000), 422, "bad_image", "too_many_pages")
    yield document("TIFF whose next directory is far away", chained_tiff(3, last=2**31), 422, "bad_image")
    yield document("TIFF without directories", b"II*\0\0\0\0\0", 422, "bad_image")
    yield document("BigTIFF whose offset is huge", b"II+\0\x08\0\0\0" + b"\xff" * 8, 422, "bad_image")
    frames = [page((300, 120)) for _ in range(60)]
    many = encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:], compression="tiff_lzw")
    yield document("TIFF of 60 pages where 50 are allowed", many, 422, "too_many_pages")
    yield document("two pages of a TIFF of 60", many, 200, read=2, pages="59-")
    mixed = encoded(page(), "TIFF", save_all=True, append_images=[Image.new("L", (1, 1))])
    yield document("TIFF whose second page is one pixel", mixed, 422, "bad_image")


def _damaged() -> Iterator[Case]:
    whole = {kind: encoded(page(), kind) for kind in ("PNG", "JPEG", "WEBP", "BMP", "TIFF")}
    for kind, data in whole.items():
        for part in (0.1, 0.5, 0.9):
            yield document(f"{kind} cut at {part:.0%}", data[: int(len(data) * part)], 422, "bad_image")
        yield document(f"only the first bytes of a {kind}", data[:12], 422, "bad_image")
    yield document("PNG whose last 12 bytes are missing", whole["PNG"][:-12], 422, "bad_image")
    middle = len(whole["PNG"]) // 2
    spoilt = whole["PNG"][:middle] + bytes(8) + whole["PNG"][middle + 8 :]
    yield document("PNG with a wrong check sum", spoilt, 422, "bad_image")
    yield document("PNG with bits per pixel that do not exist", png(100, 100, bits=7), 422, "bad_image")
    noise = np.random.default_rng(1).bytes(5000)
    for kind, data in whole.items():
        yield document(f"noise that begins as a {kind}", data[:12] + noise, 422, "bad_image")


def _wrong_types() -> Iterator[Case]:
    kinds = {
        "empty file": b"",
        "text": b"hello",
        "HTML": b"<!DOCTYPE html><script>alert(1)</script>",
        "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        "XML with an entity": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        "GIF": encoded(page(mode="P"), "GIF"),
        "ICO": encoded(page((64, 64)), "ICO"),
        "PSD": b"8BPS\0\1" + bytes(100),
        "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) (r) file",
        "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(100),
        "AVIF": b"\0\0\0\x1cftypavif" + bytes(100),
        "ZIP": b"PK\3\4" + bytes(100),
        "gzip": b"\x1f\x8b\x08" + bytes(100),
        "ELF": b"\x7fELF" + bytes(100),
        "shell script": b"#!/bin/sh\nrm -rf /\n",
        "zeros": bytes(1_000_000),
    }
    for name, data in kinds.items():
        empty = not data
        yield document(name, data, 422 if empty else 415, "empty_file" if empty else "unsupported_file")


def png(width: int, height: int, bits: int = 8, pixels: bytes | None = None) -> bytes:
    """A grey PNG that claims this size; its deflated pixels are those of the size unless they are given."""
    header = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    row = (width * bits + 7) // 8 + 1
    body = zlib.compress(bytes(row * height), 9) if pixels is None else pixels
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def with_chunks(*chunks: tuple[bytes, bytes]) -> bytes:
    """A page as PNG with further chunks behind its header."""
    whole = encoded(page())
    behind_header = 8 + 25
    return whole[:behind_header] + b"".join(_chunk(*chunk) for chunk in chunks) + whole[behind_header:]


def claiming(jpeg: bytes) -> bytes:
    """A JPEG whose header says 65,535 x 65,535."""
    place = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:place] + b"\xff" * 4 + jpeg[place + 4 :]


def chained_tiff(count: int, last: int = 0) -> bytes:
    """A TIFF of `count` directories without entries, the last of which names `last` as the next."""
    following = [8 + 6 * number for number in range(1, count)] + [last]
    return b"II*\0\x08\0\0\0" + b"".join(struct.pack("<HI", 0, place) for place in following)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
