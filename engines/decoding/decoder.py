"""The language model over many rows: prefill of new ones, and one step of all."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, Protocol

import paddle

from engines.decoding.cache import Cache, CacheShape
from engines.decoding.compiled_decoder import CompiledDecoder
from engines.decoding.paddle_decoder import PaddleDecoder
from engines.decoding.rows import Row

Tensor = Any


class Prefilled(Protocol):
    """What became of the prompts of some rows, for `Decoder.enter`."""

    @property
    def logits(self) -> Any:
        """Those of each row's last token, [rows, vocabulary], Paddle's or numpy's."""


class Decoder(Protocol):
    """Decodes with the weights of a checkpoint."""

    @property
    def cache_shape(self) -> CacheShape:
        """What a token takes in the cache."""

    @property
    def layers(self) -> int:
        """Layers that each token goes through."""

    def prefill(
        self, rows: Sequence[Row], images: Sequence[Tensor], slice_tokens: int
    ) -> Generator[None, None, Prefilled]:
        """Run the prompts of new rows; yields after about so many tokens of a layer."""

    def enter(self, row: Row, number: int, prefilled: Any, cache: Cache) -> None:
        """Give row `number` of those prefilled its place in the cache. Raises CacheFull, MemoryError."""

    def step(self, cache: Cache) -> Any:
        """Feed the last generated token of every row in the cache; the logits of the next, [rows, vocabulary].

        Every lane must have room for one more token (`Cache.grow`). Adds one to each row's length. The logits are
        Paddle's or numpy's.
        """


def open_decoder(model: Any, threads: int) -> Decoder:
    """The decoder for the device that Paddle is set to; `threads` are those that it may take of a CPU."""
    if paddle.get_device() == "cpu":
        return CompiledDecoder(model, threads)
    return PaddleDecoder(model)
