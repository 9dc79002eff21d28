"""Encoded page images as pixels, with the limits checked before anything is decoded."""

from __future__ import annotations

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from engines.errors import BadImage

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF")


def decode(data: bytes, max_pixels: int) -> NDArray[np.uint8]:
    """The first frame of an encoded image as BGR uint8 [height, width, 3], turned upright by its EXIF tag.

    OpenCV decodes, as in the official server, so that the pixels are those that the official pipeline sees; TIFF goes
    through Pillow, which knows more of its variants.

    Raises:
        BadImage: no image, not one of `FORMATS`, truncated, or more than `max_pixels` pixels.
    """
    kind = _check_header(data, max_pixels)
    if _is_cut_off(kind, data):
        raise BadImage(f"the {kind} image is cut off: its end is missing")
    pixels = (
        _decode_with_pillow(data) if kind == "TIFF" else cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    )
    if pixels is None:
        raise BadImage(f"the {kind} image is damaged: its pixels can't be decoded")
    return np.asarray(pixels, dtype=np.uint8)


def _check_header(data: bytes, max_pixels: int) -> str:
    """The image's format, from its header alone."""
    if not data:
        raise BadImage("the image is empty (0 bytes)")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            kind, (width, height) = str(image.format), image.size
    except UnidentifiedImageError:
        raise BadImage(f"the bytes are no image of a known format; known are {', '.join(FORMATS)}") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadImage(f"the image's header can't be read: {error}") from error
    if width * height > max_pixels:
        raise BadImage(f"the image has {width}×{height} pixels, more than MAX_IMAGE_PIXELS={max_pixels}")
    return kind


def _is_cut_off(kind: str, data: bytes) -> bool:
    """Whether the end marker is missing: OpenCV would fill what is missing with grey, without a word."""
    if kind == "JPEG":
        # Scan data never holds FF D9 itself, and an embedded thumbnail's end marker stands before the last scan.
        return data.rfind(b"\xff\xd9") < data.rfind(b"\xff\xda")
    return kind == "PNG" and b"IEND" not in data[-4096:]


def _decode_with_pillow(data: bytes) -> NDArray[np.uint8]:
    try:
        with Image.open(io.BytesIO(data), formats=("TIFF",)) as image:
            rgb = np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError) as error:
        raise BadImage(f"the TIFF image is damaged: {error}") from error
    return np.ascontiguousarray(rgb[:, :, ::-1])
