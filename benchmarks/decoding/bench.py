"""Both engines over one checkpoint: the official generation, one crop at a time, and the decode loop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import paddle

from engines.decoding.cache import Cache
from engines.decoding.checkpoint import load_checkpoint
from engines.decoding.decoder import Decoder, open_decoder
from engines.decoding.loop import DecodeLoop, Limits
from engines.decoding.memory import lane_length
from engines.decoding.paddle_decoder import PaddleDecoder
from engines.decoding.prompts import PromptMaker
from engines.decoding.rows import Row
from engines.decoding.vision import open_tower
from engines.settings import EngineSettings
from engines.vlm.base import PROMPTS, Crop, FinishReason, VlmOptions
from engines.weights.folder import find_weights

BUDGET = 1 << 18
"""Tokens of cache: more than any measurement here fills."""


@dataclass
class Timeline:
    """When each step of a loop ended, and how many rows it had."""

    ends: list[float] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)

    def admitted(self, rows: int, vision_seconds: float, prefill_seconds: float) -> None:
        """Rows came to their first token."""

    def stepped(self, rows: int, seconds: float) -> None:  # noqa: ARG002
        """One token of each row was decoded."""
        self.ends.append(time.perf_counter())
        self.rows.append(rows)

    def holds(self, rows: int, waiting: int, cache_tokens: int, cache_budget: int) -> None:  # noqa: ARG002
        """What waits after a turn; kept for the turns that had a step."""
        if len(self.waiting) < len(self.ends):
            self.waiting.append(waiting)

    def interval(self, rows: int) -> float:
        """The median seconds from the end of a step of so many rows to that of the next one."""
        spans = [
            after - before
            for before, after, first, second in zip(self.ends, self.ends[1:], self.rows, self.rows[1:], strict=False)
            if first == second == rows
        ]
        return float(np.median(spans))


class Bench:
    """A loaded checkpoint, and both ways to read crops with it. The caller has switched gradients off.

    `in_paddle`: the loop decodes in Paddle's operators, as on a GPU.
    """

    def __init__(self, model_dir: Path, *, in_paddle: bool = False) -> None:
        settings = EngineSettings(engine="paddle", model_dir=model_dir)
        weights = find_weights(settings).vlm
        if weights is None:
            raise SystemExit("unset VLM_ENGINE: the local engine is measured")
        self.checkpoint = load_checkpoint(weights, settings)
        self.maker = PromptMaker(self.checkpoint.processor, self.checkpoint.config.image_token_id)
        self._tower = open_tower(self.checkpoint.model, settings.paddle_threads)
        model = self.checkpoint.model
        self._decoder: Decoder = PaddleDecoder(model) if in_paddle else open_decoder(model, settings.paddle_threads)

    def rows(self, crops: Sequence[Crop]) -> list[Row]:
        """The crops, ready for a loop."""
        return [Row(self.maker.make(crop), Future()) for crop in crops]

    @contextmanager
    def loop(self, slots: int, timeline: Timeline) -> Iterator[DecodeLoop]:
        """A loop whose turns the caller takes; pictures are encoded as in the product."""
        cache = Cache(self._decoder.cache_shape, BUDGET, lane_length(self.checkpoint.device))
        loop = DecodeLoop(
            self._tower,
            self._decoder,
            cache,
            Limits(slots, repetition_tokens=0),
            self.checkpoint.eos,
            self._end,
            timeline,
            encodes_ahead=self._tower.encodes_ahead,
        )
        encoding = threading.Thread(target=self._encode, args=(loop,))
        encoding.start()
        try:
            yield loop
        finally:
            loop.close()
            encoding.join()

    def read(self, crops: Sequence[Crop], slots: int, *, at_once: bool = False) -> tuple[list[str], Timeline]:
        """Read the crops together; their texts, and what the loop did.

        `at_once`: those of few patches all decode from their first token to their last.
        """
        timeline = Timeline()
        rows = self.rows(crops)
        with self.loop(slots, timeline) as loop:
            loop.submit(rows)
            while at_once and loop.encoder and not all(row.is_encoded for row in rows):
                time.sleep(0.01)
            turn_until(loop, lambda: all(row.future.done() for row in rows))
        return [row.future.result().text for row in rows], timeline

    def official(self, crop: Crop) -> tuple[str, int]:
        """The official text of one crop, and its tokens."""
        options = crop.options
        inputs = self.checkpoint.processor.preprocess(
            [{"image": crop.image, "query": crop.prompt}], min_pixels=options.min_pixels, max_pixels=options.max_pixels
        )
        tokens = self.checkpoint.model.generate(inputs, max_new_tokens=options.max_new_tokens)
        [text] = self.checkpoint.processor.postprocess(tokens, skip_special_tokens=options.skip_special_tokens)
        return str(text), int(tokens[0].shape[1])

    @staticmethod
    def _encode(loop: DecodeLoop) -> None:
        if loop.encoder:
            with paddle.no_grad():
                loop.encoder.run()

    def _end(self, row: Row, reason: FinishReason) -> None:
        text = self.maker.text(row.generated, skip_special_tokens=row.prompt.options.skip_special_tokens)
        row.answer(text, len(row.generated), reason)


def turn_until(loop: DecodeLoop, is_done: Callable[[], bool]) -> None:
    """Take the loop's turns until something is so."""
    while not is_done():
        loop.turn()


def noise(number: int, patches: tuple[int, int] = (4, 8), *, tokens: int = 40) -> Crop:
    """A crop of random pixels that becomes so many rows and columns of image tokens."""
    random = np.random.default_rng(number)
    height, width = (28 * side for side in patches)
    pixels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Crop(pixels, PROMPTS[number % 4], VlmOptions(max_new_tokens=tokens, min_pixels=28 * 28))
