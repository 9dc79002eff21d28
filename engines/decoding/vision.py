"""The vision tower: from the patches of pictures to tokens of the language model."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, Protocol

import paddle

from engines.decoding.compiled_vision import CompiledTower
from engines.decoding.paddle_vision import PaddleTower
from engines.decoding.prompts import Prompt

Tensor = Any


class VisionTower(Protocol):
    """Encodes pictures with the weights of a checkpoint, in slices between which other work can run."""

    encodes_ahead: bool
    """Whether it is best used on a thread of its own, picture by picture, ahead of the decoder."""

    @property
    def layers(self) -> int:
        """Layers that each patch goes through."""

    def encode(self, prompts: Sequence[Prompt], slice_patches: int) -> Generator[None, None, list[Tensor]]:
        """Yield after about so many patches' work; return each prompt's image tokens, [tokens, hidden size].

        The hidden size is the language model's.
        """


def open_tower(model: Any, threads: int) -> VisionTower:
    """The tower for the device that Paddle is set to; `threads` are those that it may take of a CPU."""
    if paddle.get_device() == "cpu":
        return CompiledTower(model, threads)
    return PaddleTower(model)
