"""The made texts of the sleeping engine: by the crop's pixels, so that a text in a wrong place is found out."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from engines.vlm.base import Crop

NAME = "no model: ENGINE=sleep reads nothing"
"""The name of the model in answers."""
WARNING = "ENGINE=sleep: nothing was read, the text is made; it is for tests of capacity"
"""What every answer warns of."""


def tokens_of(crop: Crop, mean: int) -> int:
    """How many tokens the crop's text has where nothing cuts it: from half to one and a half of `mean`."""
    least = -(-mean // 2)
    return least + checksum(crop.image) % (2 * (mean - least) + 1)


def made_text(crop: Crop, tokens: int) -> str:
    """A text of so many words; a table for the prompt of one."""
    mark = f"{checksum(crop.image):08x}"
    words = " ".join(["made", mark, *(str(number) for number in range(3, tokens + 1))][:tokens])
    # PaddleX turns the model's marks of a table into HTML: <fcel> begins a cell, <nl> ends a row.
    return f"<fcel>{words}<nl>" if crop.prompt == "Table Recognition:" else words


def checksum(image: NDArray[np.uint8]) -> int:
    """The CRC-32 of the pixels."""
    return zlib.crc32(np.ascontiguousarray(image).data)
