"""Images as pages: checked before they are decoded, made upright, opaque and 8 bits deep.

Runs in a rendering process only.
"""

from __future__ import annotations

import math
import struct
import warnings
from pathlib import Path
from typing import cast

from PIL import Image, ImageOps

from gateway.errors import BadImage, PageTooLarge
from gateway.pages.kinds import Kind
from gateway.pages.raster import LEAST_SIDE, LONGEST_SIDE, PageImage, encode, encode_exactly
from gateway.pages.tiff import count_pages

_ORIENTATION = 0x0112
# Decoded once more in Triton's process. The other formats are rare, and so are those who look for holes in what reads
# them: it never sees them.
_PASSED_AS_THEY_ARE = ("JPEG", "MPO", "PNG")
# MPO is a JPEG with further pictures behind it, as telephones write it; Pillow tells it apart.
_PILLOW_FORMATS: dict[Kind, tuple[str, ...]] = {
    "jpeg": ("JPEG", "MPO"),
    "png": ("PNG",),
    "webp": ("WEBP",),
    "tiff": ("TIFF",),
    "bmp": ("BMP",),
}
# What Pillow's decoders are known to raise on damaged files, next to OSError.
_DAMAGE = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, OverflowError, struct.error)


class ImageDocument:
    """A JPEG, PNG, WebP or BMP of one page, or a TIFF of many."""

    def __init__(self, path: Path, kind: Kind, max_pixels: int, *, reencode: bool = False) -> None:
        """Read the header; with `reencode` none of its bytes are handed on.

        Raises BadImage when it is damaged, PageTooLarge when it announces too many pixels.
        """
        self._max_pixels = max_pixels
        self._passed = () if reencode else _PASSED_AS_THEY_ARE
        # Pillow's own guard, in front of formats that decode while they open.
        Image.MAX_IMAGE_PIXELS = max_pixels
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            self.page_count = count_pages(path) if kind == "tiff" else 1
            self._image = Image.open(path, formats=_PILLOW_FORMATS[kind])
        except (Image.DecompressionBombWarning, Image.DecompressionBombError):
            raise self._too_large() from None
        except _DAMAGE:
            raise _damaged(kind) from None
        self._kind = kind
        # Of a TIFF Pillow would count the pages in its own way; an MPO's further pictures are no animation.
        told_apart = kind != "tiff" and self._image.format != "MPO"
        self._animated = told_apart and bool(getattr(self._image, "is_animated", False))

    def page(self, index: int, _dpi: int) -> PageImage:
        """The page at `index`, decoded once to be sure of it, and encoded again only where that is needed.

        An image has its pixels, whatever the resolution asked for. Raises BadImage when it is damaged or too small,
        PageTooLarge.
        """
        try:
            self._image.seek(index)
            self._check_size(self._image.size)
            self._image.load()
            return self._normalised()
        except (Image.DecompressionBombWarning, Image.DecompressionBombError):
            raise self._too_large() from None
        except _DAMAGE:
            raise _damaged(self._kind) from None

    def close(self) -> None:
        """Give the file back."""
        self._image.close()

    def _check_size(self, size: tuple[int, int]) -> None:
        if min(size) < LEAST_SIDE:
            raise BadImage(f"the image measures {size[0]} x {size[1]} pixels; nothing can be read below {LEAST_SIDE}")
        if size[0] * size[1] > self._max_pixels:
            raise self._too_large(size)
        if max(size) > LONGEST_SIDE:
            raise PageTooLarge(
                f"the image measures {size[0]} x {size[1]} pixels; a side may have {LONGEST_SIDE} at most"
            )

    def _too_large(self, size: tuple[int, int] | None = None) -> PageTooLarge:
        measured = f"measures {size[0]} x {size[1]} pixels" if size else "has too many pixels"
        return PageTooLarge(f"the image {measured}: MAX_PAGE_PIXELS is {self._max_pixels}")

    def _normalised(self) -> PageImage:
        image = self._image
        upright = image.getexif().get(_ORIENTATION, 1) in (0, 1)
        plain = image.mode in ("L", "RGB") and not image.has_transparency_data
        notes = ("the image is animated: only its first frame was read",) if self._animated else ()
        if upright and plain and not self._animated and self._kind != "tiff":
            # The pixels are those that OpenCV, with which the official pipeline reads, makes of the file.
            data = None if image.format in self._passed else encode_exactly(image)
            return PageImage(data, *image.size, notes)
        page = _flattened(ImageOps.exif_transpose(image))
        return PageImage(encode(page), *page.size, notes)


def _damaged(kind: Kind) -> BadImage:
    return BadImage(f"the {kind.upper()} image is damaged or cut short: it can't be decoded")


def _flattened(image: Image.Image) -> Image.Image:
    """`image` as L or RGB: transparency on white, 16 bits as 8, every other colour space as RGB."""
    if image.has_transparency_data:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(paper, image).convert("RGB")
    if image.mode == "F" or image.mode.startswith("I"):
        return _eight_bits(image)
    if image.mode in ("1", "L"):
        return image.convert("L")
    return image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Greys of 16 or 32 bits, or floating point, as L: their brightest value, the paper, becomes white.

    Not the brightest that the mode could hold: scanners write 12 bits into 16.
    """
    wide = image.convert("F")
    # Of an image of one band Pillow gives one pair, of numbers; its types tell of more bands too.
    least, most = cast(tuple[float, float], wide.getextrema())
    low, high = min(0.0, least), most
    if not (math.isfinite(low) and math.isfinite(high)):
        raise BadImage("the image holds values that are no numbers")
    scale = 255.0 / ((high - low) or 1.0)
    return wide.point(lambda value: value * scale - low * scale).convert("L")
