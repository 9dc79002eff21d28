"""The documents of a soak: small ones, so that thousands are read in minutes, and bad ones with their errors."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, field
from typing import Any

from PIL import Image, ImageDraw, ImageFont

WORDS = (
    ("harbour", "quay", "crane", "berth"),
    ("vessel", "pilot", "tide", "cargo"),
    ("manifest", "pier", "survey", "mooring"),
    ("ledger", "signal", "buoy", "anchor"),
    ("rudder", "beacon", "winch", "sailor"),
    ("dock", "freight", "channel", "lantern"),
)
"""A line of each."""


@dataclass(frozen=True)
class Sample:
    """A document that can be read; `fields` go with it."""

    name: str
    data: bytes
    pages: int = 1
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Bad:
    """A body that must be refused with `code`."""

    name: str
    body: dict[str, Any]
    code: str


@dataclass(frozen=True)
class Samples:
    """What a soak sends."""

    good: list[Sample]
    bad: list[Bad]


def make_samples() -> Samples:
    """Lines of text as pictures of each kind and as a PDF of three pages, and one bad body for each way to be bad."""
    lines = [_line(f"{' '.join(words)} {4100 + number}") for number, words in enumerate(WORDS)]
    kinds = ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "PNG"]
    good = [
        Sample(f"line {number} as {kind}", _encoded(line, kind))
        for number, (line, kind) in enumerate(zip(lines, kinds, strict=True))
    ]
    good.append(Sample("a PDF of 3 pages", _pdf(lines[:3]), 3, {"dpi": 100}))
    return Samples(good, _bad(good[0].data))


def _bad(png: bytes) -> list[Bad]:
    def file(data: bytes, **fields: Any) -> dict[str, Any]:
        return {"file": base64.b64encode(data).decode(), **fields}

    return [
        Bad("no Base64", {"file": "*"}, "bad_base64"),
        Bad("nothing", {"file": ""}, "empty_file"),
        Bad("a text", file(b"just a text"), "unsupported_file"),
        Bad("a picture cut short", file(png[: len(png) // 2]), "bad_image"),
        Bad("a PDF cut short", file(b"%PDF-1.7\n1 0 obj"), "bad_pdf"),
        Bad("an unknown field", file(png, colour="red"), "unknown_field"),
        Bad("a page that is not there", file(png, pages="7"), "pages_outside"),
        Bad("an internal address", {"url": "http://169.254.169.254/latest/"}, "url_refused"),
        Bad("what the engine can't do", file(png, options={"useChartRecognition": True}), "unsupported_option"),
        Bad("an animation as bomb", file(_bomb()), "page_too_large"),
    ]


def _line(written: str) -> Image.Image:
    """Black on white, letters of 30 pixels."""
    font = ImageFont.load_default(size=30)
    picture = Image.new("RGB", (int(font.getlength(written)) + 60, 80), "white")
    ImageDraw.Draw(picture).text((30, 20), written, fill="black", font=font)
    return picture


def _encoded(picture: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


def _pdf(pictures: list[Image.Image]) -> bytes:
    buffer = io.BytesIO()
    pictures[0].save(buffer, "PDF", save_all=True, append_images=pictures[1:], resolution=100)
    return buffer.getvalue()


def _bomb() -> bytes:
    """A picture of 400 million pixels in 50 KB."""
    buffer = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(buffer, "PNG")
    return buffer.getvalue()
