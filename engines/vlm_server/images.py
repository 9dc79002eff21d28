"""Crops as data URIs, in the size that the model is to see.

PNG by default, where the official client sends JPEG of quality 75: JPEG changes pixels, and a server then reads other
text than the local engine does from the same crop. A megapixel of a page takes 17 ms of a core and 200 KiB as PNG, 2 ms
and 170 KiB as JPEG; of a noisy scan 60 ms and 2 MiB, 3 ms and 190 KiB.
"""

from __future__ import annotations

import base64
import io
import math
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engines.errors import BadImage

FACTOR = 28
"""The sides of what the model sees are multiples of this: patches of 14 pixels, merged by two."""
_ASPECT_MAX = 200
_JPEG_QUALITY = 75


def data_uri(
    image: NDArray[np.uint8],
    image_format: Literal["png", "jpeg"],
    min_pixels: int | None = None,
    max_pixels: int | None = None,
) -> str:
    """The crop, RGB uint8 [height, width, 3], between these bounds of pixels, as a data URI.

    Raises:
        BadImage: a side is 0, or one side is more than 200 times the other.
    """
    if 0 in image.shape:
        raise BadImage(f"the crop has no pixels: {image.shape[1]} x {image.shape[0]}")
    if min_pixels is not None or max_pixels is not None:
        image = _resize(image, min_pixels or 0, max_pixels or math.inf)
    data = _png(image) if image_format == "png" else _jpeg(image)
    return f"data:image/{image_format};base64,{base64.b64encode(data).decode('ascii')}"


def smart_size(height: int, width: int, min_pixels: float, max_pixels: float) -> tuple[int, int]:
    """Height and width that the model's image processor would choose.

    Doing it here honours the bounds on any server, keeps requests small, and leaves one way to resample. A server whose
    own bounds are wider then leaves the size as it is.

    Source: PaddleX, `smart_resize` in `doc_vlm/processors/paddleocr_vl/_siglip.py`; here no side becomes 0.

    Raises:
        BadImage: one side is more than 200 times the other.
    """
    if height < FACTOR:
        height, width = FACTOR, round(width * FACTOR / height)
    if width < FACTOR:
        height, width = round(height * FACTOR / width), FACTOR
    if max(height, width) > _ASPECT_MAX * min(height, width):
        raise BadImage(
            f"a crop of {width} x {height} pixels is too narrow: one side is over {_ASPECT_MAX} times the other"
        )
    rounded = round(height / FACTOR) * FACTOR, round(width / FACTOR) * FACTOR
    if rounded[0] * rounded[1] > max_pixels:
        scale = math.sqrt(height * width / max_pixels)
        return _down(height / scale), _down(width / scale)
    if rounded[0] * rounded[1] < min_pixels:
        scale = math.sqrt(min_pixels / (height * width))
        return _up(height * scale), _up(width * scale)
    return rounded


def _down(side: float) -> int:
    return max(1, math.floor(side / FACTOR)) * FACTOR


def _up(side: float) -> int:
    return math.ceil(side / FACTOR) * FACTOR


def _resize(image: NDArray[np.uint8], min_pixels: float, max_pixels: float) -> NDArray[Any]:
    height, width = smart_size(image.shape[0], image.shape[1], min_pixels, max_pixels)
    if (height, width) == image.shape[:2]:
        return image
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC))


def _png(image: NDArray[Any]) -> bytes:
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    return bytes(cv2.imencode(".png", bgr, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes())


def _jpeg(image: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=_JPEG_QUALITY)
    return buffer.getvalue()
