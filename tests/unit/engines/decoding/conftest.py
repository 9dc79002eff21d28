"""The modules of a made checkpoint, and a decode loop over them that the test's own thread turns."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import numpy as np
import paddle
import pytest

from engines.decoding.cache import Cache, by_halves
from engines.decoding.checkpoint import Checkpoint, load_checkpoint
from engines.decoding.decoder import Decoder, open_decoder
from engines.decoding.loop import DecodeLoop, Limits
from engines.decoding.prompts import Prompt, PromptMaker
from engines.decoding.rows import Row
from engines.decoding.vision import VisionTower, open_tower
from engines.settings import EngineSettings
from engines.vlm.base import Crop, FinishReason, Text, VlmOptions
from engines.weights.folder import find_weights
from scripts.made_weights import Manners, make_weights

_Result = TypeVar("_Result")

MIN_PIXELS, MAX_PIXELS = 28 * 28 * 16, 28 * 28 * 64
"""Small pictures: the tests' subject is the loop."""


@pytest.fixture(scope="session")
def rambling_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A MODEL_DIR whose texts end by themselves after some hundred tokens, in bfloat16 as the released ones."""
    return make_weights(tmp_path_factory.mktemp("made") / "rambling", dtype="bfloat16", manners=Manners(stops=1.2))


@pytest.fixture(scope="session")
def checkpoint(rambling_weights: Path) -> Checkpoint:
    settings = EngineSettings(engine="paddle", model_dir=rambling_weights)
    model = find_weights(settings).vlm
    assert model
    return load_checkpoint(model, settings)


@pytest.fixture(scope="session")
def maker(checkpoint: Checkpoint) -> PromptMaker:
    return PromptMaker(checkpoint.processor, checkpoint.config.image_token_id)


@dataclass
class Bench:
    """A decode loop whose turns the test takes itself, and what came out of it."""

    checkpoint: Checkpoint
    maker: PromptMaker
    loop: DecodeLoop
    cache: Cache
    tower: VisionTower
    decoder: Decoder
    ended: list[tuple[Row, FinishReason]] = field(default_factory=list)

    def rows(self, crops: Sequence[Crop]) -> list[Row]:
        return [Row(self.maker.make(crop), Future()) for crop in crops]

    def turn(self) -> None:
        self.loop.turn()

    def begin(self, row: Row) -> None:
        """Queue the row, and turn until it decodes."""
        self.loop.submit([row])
        while not row.generated:
            self.turn()

    def run(self, rows: Sequence[Row]) -> list[Text]:
        """Queue the rows and turn until all have ended."""
        self.loop.submit(rows)
        return self.finish(rows)

    def finish(self, rows: Sequence[Row]) -> list[Text]:
        """Turn until these rows have ended."""
        for _ in range(20_000):
            if all(row.future.done() for row in rows):
                return [row.future.result() for row in rows]
            self.turn()
        raise AssertionError("the loop does not come to an end")

    def official(self, crop: Crop) -> str:
        """What PaddleX's own generation makes of the crop."""
        options = crop.options
        inputs = self.checkpoint.processor.preprocess(
            [{"image": crop.image, "query": crop.prompt}],
            min_pixels=options.min_pixels,
            max_pixels=options.max_pixels,
        )
        tokens = self.checkpoint.model.generate(inputs, max_new_tokens=options.max_new_tokens)
        [text] = self.checkpoint.processor.postprocess(tokens, skip_special_tokens=options.skip_special_tokens)
        return str(text)


def encoded_prompts(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> list[Prompt]:
    """The prompts that the vision tower is asked for, as they come."""
    encoded: list[Prompt] = []
    encode = bench.tower.encode

    def encode_and_tell(prompts: Sequence[Prompt], slice_patches: int) -> Any:
        encoded.extend(prompts)
        return encode(prompts, slice_patches)

    monkeypatch.setattr(bench.tower, "encode", encode_and_tell)
    return encoded


MakeBench = Callable[..., Bench]
MakeTower = Callable[[Any, int], VisionTower]
MakeDecoder = Callable[[Any, int], Decoder]


@pytest.fixture
def make_bench(checkpoint: Checkpoint, maker: PromptMaker) -> Iterator[MakeBench]:
    """Makes a bench with so many slots, tokens of cache, tokens after which a loop ends a text, and a vision tower.

    `encodes_ahead`: pictures are encoded on a thread of their own, until the test ends.
    """
    threads: list[tuple[DecodeLoop, Thread]] = []

    def make(
        slots: int = 8,
        budget: int = 65536,
        repetition: int = 0,
        make_tower: MakeTower = open_tower,
        make_decoder: MakeDecoder = open_decoder,
        *,
        encodes_ahead: bool = False,
    ) -> Bench:
        tower, decoder = make_tower(checkpoint.model, 2), make_decoder(checkpoint.model, 2)
        cache = Cache(decoder.cache_shape, budget, by_halves)

        def end(row: Row, reason: FinishReason) -> None:
            bench.ended.append((row, reason))
            text = maker.text(row.generated, skip_special_tokens=row.prompt.options.skip_special_tokens)
            row.answer(text, len(row.generated), reason)

        loop = DecodeLoop(
            tower, decoder, cache, Limits(slots, repetition), checkpoint.eos, end, encodes_ahead=encodes_ahead
        )
        bench = Bench(checkpoint, maker, loop, cache, tower, decoder)
        if loop.encoder:
            threads.append((loop, Thread(target=paddle.no_grad()(loop.encoder.run))))
            threads[-1][1].start()
        return bench

    with paddle.no_grad():
        yield make
    for loop, thread in threads:
        loop.close()
        thread.join()


def noise(number: int, prompt: str = "OCR:", **options: object) -> Crop:
    """A crop of random pixels, of a size of its own."""
    random = np.random.default_rng(number)
    height, width = (int(side) for side in random.integers((30, 60), (140, 400)))
    pixels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    chosen = {"min_pixels": MIN_PIXELS, "max_pixels": MAX_PIXELS, "max_new_tokens": 40, **options}
    return Crop(pixels, prompt, VlmOptions(**chosen))


def drained(work: Generator[None, None, _Result]) -> tuple[_Result, int]:
    """What a generator returns, and how often it yielded."""
    for slices in range(1_000_000):
        try:
            next(work)
        except StopIteration as end:
            return end.value, slices
    raise AssertionError("the work does not come to an end")
