"""Crops as the model takes them: patches of the picture, token ids, and positions of the tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.errors import BadImage, BadOption
from engines.vlm.base import Crop, VlmOptions


@dataclass(frozen=True, eq=False)
class Prompt:
    """One crop, ready for the model.

    `patches` is float32 [height · width, 3, 14, 14] of a grid of `grid` = (height, width) patches; `ids` int64
    [length] has one image token for every 2 × 2 patches; `positions` int64 [3, length] are those of time, height and
    width; a token generated at place p of the row has position p + `delta`.
    """

    patches: NDArray[np.float32]
    grid: tuple[int, int]
    ids: NDArray[np.int64]
    image_start: int
    image_tokens: int
    positions: NDArray[np.int64]
    delta: int
    options: VlmOptions
    is_table: bool

    @property
    def length(self) -> int:
        """Tokens of the prompt."""
        return len(self.ids)


class PromptMaker:
    """Turns crops into prompts with the official processor, on the CPU. Safe to use from many threads.

    Source: PaddleX, `inference/models/doc_vlm/processors/paddleocr_vl/_paddleocr_vl.py`, `preprocess`, which makes
    tensors at once; here numpy arrays travel to the thread that owns the device.
    """

    def __init__(self, processor: Any, image_token: int) -> None:
        self._images = processor.image_processor
        self._tokenizer = processor.tokenizer
        self._image_token = image_token

    def make(self, crop: Crop) -> Prompt:
        """Prepare one crop, whose channels stand in the order that the model shall see.

        Raises:
            BadImage: a picture with no pixels, or one 200 times as long as wide.
            BadOption: min_pixels above max_pixels.
        """
        patches, grid = self._patches(crop)
        tokens = grid[0] * grid[1] // self._images.merge_size**2
        text = np.asarray(self._token_ids(crop.prompt), dtype=np.int64)
        places = np.flatnonzero(text == self._image_token)
        if len(places) != 1:
            raise BadOption("PROMPT may not hold the image placeholder")
        start = int(places[0])
        ids = np.concatenate([text[:start], np.full(tokens, self._image_token), text[start + 1 :]])
        merge = self._images.merge_size
        positions, delta = rope_positions(len(ids), start, (grid[0] // merge, grid[1] // merge))
        return Prompt(
            patches,
            grid,
            ids,
            start,
            tokens,
            positions,
            delta,
            crop.options,
            is_table=crop.prompt == "Table Recognition:",
        )

    def text(self, ids: Sequence[int], *, skip_special_tokens: bool) -> str:
        """The text of generated tokens, as the official `postprocess` writes it."""
        [text] = self._tokenizer.batch_decode(
            [list(ids)], skip_special_tokens=skip_special_tokens, spaces_between_special_tokens=False
        )
        return str(text)

    def _patches(self, crop: Crop) -> tuple[NDArray[np.float32], tuple[int, int]]:
        options = crop.options
        size = {
            "min_pixels": options.min_pixels or self._images.min_pixels,
            "max_pixels": options.max_pixels or self._images.max_pixels,
        }
        if size["min_pixels"] > size["max_pixels"]:
            raise BadOption(f"min_pixels ({size['min_pixels']}) is above max_pixels ({size['max_pixels']})")
        if not crop.image.size:
            raise BadImage("the crop has no pixels")
        from PIL import Image

        try:
            made = self._images(images=[Image.fromarray(crop.image)], size=size)
        except ValueError as error:
            raise BadImage(f"the crop can't be scaled for the model: {error}") from error
        _, height, width = (int(side) for side in made["image_grid_thw"][0])
        return np.ascontiguousarray(made["pixel_values"], dtype=np.float32), (height, width)

    def _token_ids(self, prompt: str) -> list[int]:
        """Of a picture and a prompt, with one image token: a special one, which stays one however often it is there."""
        message = {"role": "user", "content": [{"type": "image", "image": ""}, {"type": "text", "text": prompt}]}
        return list(self._tokenizer(self._tokenizer.apply_chat_template([message], tokenize=False))["input_ids"])


def rope_positions(length: int, image_start: int, grid: tuple[int, int]) -> tuple[NDArray[np.int64], int]:
    """Positions int64 [3, length] of a prompt with one image of `grid` = (rows, columns) tokens, and the delta.

    Text counts on in all three rows; the image's tokens share one time and take their row and column; the text behind
    goes on after the largest. Source: PaddleX, `_paddleocr_vl.py`, `get_rope_index`.
    """
    rows, columns = grid
    tokens = rows * columns
    before = np.tile(np.arange(image_start), (3, 1))
    image = image_start + np.stack(
        [np.zeros(tokens, np.int64), np.repeat(np.arange(rows), columns), np.tile(np.arange(columns), rows)]
    )
    after = image_start + max(rows, columns) + np.tile(np.arange(length - image_start - tokens), (3, 1))
    positions = np.concatenate([before, image, after], axis=1).astype(np.int64)
    return positions, int(positions.max()) + 1 - length
