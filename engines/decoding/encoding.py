"""Encoding the pictures of waiting rows ahead of their admission, beside the steps of those that decode."""

from __future__ import annotations

import logging
import time

from engines.decoding.pace import WHOLE
from engines.decoding.rows import Row
from engines.decoding.vision import VisionTower
from engines.decoding.waiting import WaitingRows
from engines.errors import EngineFailure
from engines.futures import fail

logger = logging.getLogger("paddleocr_vl")


class PictureEncoder:
    """Encodes the pictures of the rows in a queue, in their order, one at a time. `run` is its thread."""

    def __init__(self, tower: VisionTower, waiting: WaitingRows) -> None:
        self._tower = tower
        self._waiting = waiting
        self._moved: float | None = None

    @property
    def beat(self) -> float:
        """When it last got anywhere, or had nothing to do (time.monotonic): what a watchdog looks at."""
        moved = self._moved
        return time.monotonic() if moved is None else moved

    def run(self) -> None:
        """Work until the queue is closed. The calling thread must have switched Paddle's gradients off."""
        while (row := self._waiting.next_picture()) is not None:
            self._moved = time.monotonic()
            try:
                self._encode(row)
            except Exception as error:
                logger.exception("a crop could not be read")
                fail(row.future, EngineFailure(f"the crop could not be read: {error!r}"))
            self._moved = None
            self._waiting.notify()

    def _encode(self, row: Row) -> None:
        """Give the row its image, unless nobody waits for it any more."""
        start = time.perf_counter()
        layers = self._tower.encode([row.prompt], WHOLE)
        try:
            while row.is_wanted and not self._waiting.is_closed:
                next(layers)
                self._moved = time.monotonic()
        except StopIteration as end:
            [image] = end.value
            row.see(image, time.perf_counter() - start)
