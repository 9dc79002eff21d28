"""Page images: how large they may be, and how they are encoded for the way to Triton.

Measured on six A4 pages at 200 dpi (1654 x 2339), milliseconds of CPU to encode and to decode again, and KiB:

    JPEG quality 92, 4:2:0     7 +  8     640
    JPEG quality 95, 4:4:4    10 +  9     820
    PNG level 1               53 + 16     570
    WebP lossless, method 0   63 + 17     390
    BMP                        4 +  3   11300

A BMP costs more on the wire than it saves (26 MB raw took 120-215 ms through Triton's HTTP, a JPEG 8-27). JPEG at 95
without chroma subsampling keeps thin coloured strokes and costs 4 ms more than the least of them. Scans that are
bilevel or grey are small as PNG, and stay exactly what they were.

What is a JPEG or a PNG already is handed on as it is, unless REENCODE_IMAGES asks for a PNG that keeps every pixel. CPU
of an A4 page in colour at 200 dpi, decoded in Triton alone, then encoded and decoded:

    JPEG of a clean page       9 ->  64 + 21
    JPEG of a noisy scan      10 -> 207 + 67
    either as BMP              9 ->   7 +  3, and 40 more to carry 11 MB there, most of them in the gateway's event loop
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import NamedTuple

from PIL import Image

from gateway.errors import PageTooLarge, RenderFailed

POINTS_PER_INCH = 72
LONGEST_SIDE = 32_000
"""Pixels. OpenCV's remapping, behind the engines, ends at 32767; JPEG itself at 65500."""
LEAST_SIDE = 4
"""Pixels."""
LEAST_DPI = 18
"""A page that only fits below this is refused: text of 12 points would be 3 pixels high."""


@dataclass(frozen=True)
class PageImage:
    """One page, encoded. `data` is None when the document's own bytes are the page image."""

    data: bytes | None
    width: int
    height: int
    warnings: tuple[str, ...] = ()


class Fit(NamedTuple):
    """The resolution a page is drawn at, and the size in pixels that must come of it."""

    dpi: float
    width: int
    height: int
    warnings: tuple[str, ...]


def fit(width: float, height: float, dpi: int, max_pixels: int) -> Fit:
    """Choose the resolution for a page of `width` x `height` points, before anything is drawn.

    Lowers `dpi` where the page would exceed `max_pixels` or LONGEST_SIDE. Raises PageTooLarge when not even LEAST_DPI
    fits, RenderFailed when the page has no area, or one that nothing can be read on.
    """
    if not (math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0):
        raise RenderFailed("the page has no area")
    by_area = POINTS_PER_INCH * math.sqrt(max_pixels / (width * height))
    by_side = POINTS_PER_INCH * LONGEST_SIDE / max(width, height)
    most = min(by_area, by_side)
    warnings: tuple[str, ...] = ()
    chosen = float(dpi)
    if dpi > most:
        chosen = float(math.floor(most))
        if chosen < LEAST_DPI:
            raise PageTooLarge(
                f"the page measures {width:.0f} x {height:.0f} points and would have to be drawn below "
                f"{LEAST_DPI} dpi: MAX_PAGE_PIXELS is {max_pixels}"
            )
        warnings = (
            f"drawn at {chosen:.0f} dpi instead of {dpi}: the page is large, and MAX_PAGE_PIXELS is {max_pixels}",
        )
    across, down = (math.ceil(side * chosen / POINTS_PER_INCH) for side in (width, height))
    if min(across, down) < LEAST_SIDE:
        raise RenderFailed(
            f"the page would be drawn as {across} x {down} pixels; nothing can be read below {LEAST_SIDE}"
        )
    return Fit(chosen, across, down, warnings)


def check_drawn(size: tuple[int, int], wanted: Fit) -> None:
    """Raise RenderFailed unless a renderer drew what it was asked for.

    Poppler answers pages that it can't allocate with an image of 1 x 1 pixels and no error.
    """
    if abs(size[0] - wanted.width) > 2 or abs(size[1] - wanted.height) > 2:
        raise RenderFailed(
            f"the page came out as {size[0]} x {size[1]} pixels instead of {wanted.width} x {wanted.height}"
        )


def encode(image: Image.Image) -> bytes:
    """An image of mode L or RGB as PNG or JPEG."""
    if image.mode == "L":
        return encode_exactly(image)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=95, subsampling=0)
    return buffer.getvalue()


def encode_exactly(image: Image.Image) -> bytes:
    """An image of mode L or RGB as PNG, which keeps every pixel."""
    buffer = io.BytesIO()
    # Of the file's own profiles, texts and densities nothing comes along.
    Image.frombytes(image.mode, image.size, image.tobytes()).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
