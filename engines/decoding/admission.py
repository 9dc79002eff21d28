"""Bringing waiting crops to their first token, in slices between the steps of those that decode."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import paddle

from engines.decoding import sampling
from engines.decoding.cache import Cache
from engines.decoding.decoder import Decoder
from engines.decoding.rows import Row
from engines.decoding.vision import VisionTower


@dataclass(frozen=True)
class Slices:
    """About how many patches a slice takes through a layer of the vision tower, and tokens through a decoder's."""

    patches: int
    tokens: int


class Admission:
    """A group of rows on its way through the vision tower, unless they are encoded, and the prefill, into the cache.

    `rows` are those that have not arrived yet and are still wanted, `count` is how many have arrived.
    `vision_seconds` and `prefill_seconds` count the slices alone, not what runs between them, and what was spent on
    the pictures before.
    """

    def __init__(self, rows: Sequence[Row], tower: VisionTower, decoder: Decoder, cache: Cache, slices: Slices) -> None:
        self.rows = list(rows)
        self.count = 0
        self.vision_seconds = sum(row.vision_seconds for row in self.rows)
        self.prefill_seconds = 0.0
        self.patch_layers = tower.layers * sum(len(row.prompt.patches) for row in self.rows)
        self.token_layers = decoder.layers * sum(row.prompt.length for row in self.rows)
        self._cache = cache
        self._on_gpu = paddle.get_device().startswith("gpu")
        self._sees = not all(row.is_encoded for row in self.rows)
        self._arrived: list[tuple[Row, int]] = []
        self._slices = self._run(tower, decoder, slices)
        for row in self.rows:
            row.begin()

    def advance(self) -> bool:
        """Do one slice; True when all is done."""
        start, sees = time.perf_counter(), self._sees
        is_done = next(self._slices, None) is None
        if self._on_gpu:
            # Slices are only queued there: without this wait the next step would find all of them before it.
            paddle.device.synchronize()
        seconds = time.perf_counter() - start
        if sees:
            self.vision_seconds += seconds
        else:
            self.prefill_seconds += seconds
        return is_done

    def arrived(self) -> list[tuple[Row, int]]:
        """The rows that the last slice put into the cache, each with its first token."""
        arrived, self._arrived = self._arrived, []
        return arrived

    def leave(self, row: Row) -> None:
        """Do without `row`; what it shares with its group is done all the same."""
        self.rows.remove(row)

    def give_up(self) -> None:
        """Leave nothing behind of the rows that have not arrived."""
        self._slices = iter(())
        for row in self.rows:
            self._cache.remove(row)

    def _run(self, tower: VisionTower, decoder: Decoder, slices: Slices) -> Iterator[bool]:
        group = tuple(self.rows)
        images = [row.image for row in group]
        if self._sees:
            images = yield from _slices(tower.encode([row.prompt for row in group], slices.patches))
        self._sees = False
        prefilled = yield from _slices(decoder.prefill(group, images, slices.tokens))
        tokens = sampling.next_tokens(prefilled.logits, group)
        yield from _slices(self._cache.make_room([row.length_at_first for row in self.rows]))
        for number, (row, token) in enumerate(zip(group, tokens, strict=True)):
            yield True
            if row not in self.rows:
                continue
            self._cache.reserve([other.length_at_first for other in self.rows if other is not row])
            decoder.enter(row, number, prefilled, self._cache)
            self.rows.remove(row)
            self.count += 1
            self._arrived.append((row, token))


def _slices(work: Any) -> Any:
    """Yield True for each slice of `work`, and return what it returns."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value
        yield True
