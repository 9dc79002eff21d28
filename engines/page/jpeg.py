"""Pictures as JPEG, encoded as the official server encodes them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image


def bgr(image: Image.Image) -> NDArray[np.uint8]:
    """A picture as PaddleX draws or cuts it, as BGR uint8 [height, width, 3]."""
    return np.asarray(cv2.cvtColor(np.array(image.convert("RGB")), cv2.COLOR_RGB2BGR), np.uint8)


def jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """BGR uint8 [height, width, 3] as JPEG (PaddleX: `image_array_to_bytes` of its serving)."""
    return bytes(cv2.imencode(".jpg", pixels)[1].tobytes())
