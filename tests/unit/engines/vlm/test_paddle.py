"""The engine around the decode loop: what it refuses, how it streams, and what happens when the loop stands still."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.errors import BadOption, EngineFailure, ModelUnavailable
from engines.settings import EngineSettings
from engines.vlm.base import Crop, VlmOptions
from engines.vlm.paddle import PaddleVlm
from tests.waiting import until

Open = Callable[..., PaddleVlm]


@pytest.fixture
def opened(made_weights: Path) -> Iterator[Open]:
    """Opens engines on made weights, and closes them behind the test."""
    engines: list[PaddleVlm] = []

    def open_one(**settings: Any) -> PaddleVlm:
        engine = PaddleVlm(EngineSettings(engine="paddle", model_dir=made_weights, **settings))
        engine.load()
        engines.append(engine)
        return engine

    yield open_one
    for engine in engines:
        engine.close()


def picture(number: int) -> np.ndarray:
    random = np.random.default_rng(number)
    return random.integers(0, 256, (60, 200 + 20 * number, 3), dtype=np.uint8)


def crop(number: int = 0, prompt: str = "OCR:", **options: Any) -> Crop:
    return Crop(picture(number), prompt, VlmOptions(**{"min_pixels": 12544, "max_new_tokens": 30, **options}))


def test_crops_that_never_fit_are_refused_and_the_limit_is_named(opened):
    engine = opened(vlm_cache_tokens=512)
    [good, bad] = engine.submit([crop(), crop(max_new_tokens=600)])
    assert good.result().text
    with pytest.raises(BadOption, match=r"take 768 tokens of the cache, which has 512 \(VLM_CACHE_TOKENS\)"):
        bad.result()


def test_red_and_blue_are_exchanged_where_the_official_order_is_asked(opened):
    engine = opened(vlm_colour_order="bgr")
    flipped = Crop(np.ascontiguousarray(picture(1)[..., ::-1]), "OCR:", crop().options)
    [official] = engine.submit([flipped])
    usual = opened()
    [straight, other] = usual.submit([crop(1), flipped])
    assert official.result().text == straight.result().text != other.result().text


def test_a_stream_gives_the_text_in_pieces_and_then_whole(opened):
    engine = opened()
    [future] = engine.submit([crop(3)])
    pieces: list[str] = []
    stream = engine.stream(crop(3))
    while True:
        try:
            pieces.append(next(stream))
        except StopIteration as end:
            whole = end.value
            break
    assert len(pieces) > 1
    assert "".join(pieces) == whole.text == future.result().text


def test_a_stream_left_early_takes_its_crop_out(opened, monkeypatch):
    engine = opened()
    monkeypatch.setattr("engines.decoding.sampling.next_tokens", lambda logits, rows: [7 for _ in rows])
    stream = engine.stream(crop(0, max_new_tokens=4000))
    next(stream)
    stream.close()
    until(lambda: engine._loop.is_idle)


def test_a_stream_of_a_wrong_crop_raises(opened):
    engine = opened()
    with pytest.raises(BadOption, match="min_pixels"):
        list(engine.stream(crop(0, max_pixels=100)))


def test_a_loop_of_tokens_reads_as_if_it_had_gone_on(opened, monkeypatch):
    monkeypatch.setattr("engines.decoding.sampling.next_tokens", lambda logits, rows: [10 for _ in rows])
    ended = opened(vlm_repetition_tokens=64).submit([crop(max_new_tokens=500)])[0].result()
    whole = opened(vlm_repetition_tokens=0).submit([crop(max_new_tokens=500)])[0].result()
    assert (ended.finish_reason, ended.tokens) == ("repetition", 64)
    assert (whole.finish_reason, whole.tokens) == ("length", 500)
    assert ended.text == whole.text


def test_the_pieces_of_a_loop_of_tokens_are_its_text(opened, monkeypatch):
    monkeypatch.setattr("engines.decoding.sampling.next_tokens", lambda logits, rows: [10 for _ in rows])
    engine = opened(vlm_repetition_tokens=64)
    [whole] = engine.submit([crop(max_new_tokens=500)])
    assert "".join(engine.stream(crop(max_new_tokens=500))) == whole.result().text


def test_a_crop_that_is_late_or_left_is_not_even_prepared(opened, monkeypatch):
    engine = opened()
    prepared: list[Crop] = []
    make = engine._maker.make
    monkeypatch.setattr(engine._maker, "make", lambda crop: (prepared.append(crop), make(crop))[1])
    [late] = engine.submit([crop(deadline=time.time() - 1)])
    assert (late.result().finish_reason, late.result().tokens) == ("deadline", 0)
    [well] = engine.submit([crop()])
    assert well.result().text
    assert len(prepared) == 1


@pytest.mark.parametrize("name", ["min_pixels", "max_pixels"])
def test_no_crop_is_scaled_up_without_end(name):
    with pytest.raises(BadOption, match=name):
        VlmOptions.from_json(f'{{"{name}": 300000000}}'.encode())


@pytest.mark.parametrize("where", ["decoder", "tower"])
def test_a_loop_that_stands_still_is_replaced_and_its_crops_are_told(opened, monkeypatch, where):
    engine = opened(vlm_step_timeout=1.0)
    with _blocked(engine, monkeypatch, where) as entered:
        futures = engine.submit([crop(number, max_new_tokens=20) for number in range(3)])
        assert entered.wait(30)
        for future in futures:
            with pytest.raises(
                ModelUnavailable, match=r"no progress for \d+ s \(VLM_STEP_TIMEOUT=1\).*send the page again"
            ):
                future.result(timeout=30)
        [after] = engine.submit([crop()])
        assert after.result(timeout=30).text


def test_a_closed_engine_ends_what_is_open_and_takes_nothing_more(opened, monkeypatch):
    engine = opened()
    monkeypatch.setattr("engines.decoding.sampling.next_tokens", lambda logits, rows: [7 for _ in rows])
    futures = engine.submit([crop(number, max_new_tokens=4000) for number in range(4)])
    engine.close()
    for future in [*futures, *engine.submit([crop()])]:
        with pytest.raises(EngineFailure, match="was closed"):
            future.result(timeout=30)


@contextmanager
def _blocked(engine: PaddleVlm, monkeypatch: pytest.MonkeyPatch, where: str) -> Iterator[threading.Event]:
    """The first decode step or picture blocks, as a hung device would, until the block's end; those after it do not."""
    entered, released = threading.Event(), threading.Event()
    part, name = (engine._decoder, "step") if where == "decoder" else (engine._tower, "encode")
    work = getattr(part, name)

    def blocking(*arguments: Any) -> Any:
        if not entered.is_set():
            entered.set()
            released.wait()
        return work(*arguments)

    monkeypatch.setattr(part, name, blocking)
    try:
        yield entered
    finally:
        released.set()
