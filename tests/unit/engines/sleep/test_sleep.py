"""The sleeping engine: what it answers, how it shares its device, and that nobody takes it for a real one."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from engines.errors import EngineFailure, UnsupportedOption
from engines.layout.base import Page
from engines.layout.sleep import SleepLayout
from engines.page.local import local_reader
from engines.page.options import PageOptions
from engines.preprocess.base import PreprocessOptions, RawPage
from engines.settings import EngineSettings
from engines.sleep.device import Device
from engines.sleep.settings import SleepSettings
from engines.sleep.texts import NAME, WARNING, made_text, tokens_of
from engines.table import make_preprocess, model_name
from engines.vlm.base import Crop, VlmOptions
from engines.vlm.sleep import SleepVlm

WAIT = 20.0
ENGINE = {"engine": "sleep", "capacity_test": True}


def crop(seed: int, prompt: str = "OCR:", **options: Any) -> Crop:
    image = np.random.default_rng(seed).integers(0, 256, (28, 56, 3), np.uint8)
    return Crop(image, prompt, VlmOptions(**options))


class Heard:
    """What the loop told."""

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.prefills = 0

    def admitted(self, rows: int, vision_seconds: float, prefill_seconds: float) -> None:
        self.prefills += rows

    def stepped(self, rows: int, seconds: float) -> None:
        self.rows.append(rows)

    def holds(self, rows: int, waiting: int, cache_tokens: int, cache_budget: int) -> None:
        """Levels are of no interest here."""


Open = Callable[..., SleepVlm]


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def open_vlm(heard: Heard) -> Iterator[Open]:
    with ExitStack() as stack:

        def make(slots: int = 4, **settings: Any) -> SleepVlm:
            times = {"sleep_prefill_seconds": 0.001, "sleep_step_seconds": 0.001, **settings}
            vlm = SleepVlm(EngineSettings(vlm_slots=slots, **ENGINE), SleepSettings(**times), heard)
            vlm.load()
            stack.callback(vlm.close)
            return vlm

        yield make


def test_each_crop_gets_the_text_of_its_own_pixels(open_vlm: Open) -> None:
    vlm = open_vlm(sleep_tokens=12)
    crops = [crop(seed) for seed in range(10)]
    texts = [future.result(WAIT) for future in vlm.submit(crops)]
    assert [text.text for text in texts] == [made_text(one, tokens_of(one, 12)) for one in crops]
    assert len({text.text for text in texts}) == 10
    assert {text.finish_reason for text in texts} == {"stop"}
    assert {text.warnings for text in texts} == {(WARNING,)}


def test_a_text_has_as_many_words_as_tokens_around_the_mean() -> None:
    for mean in (1, 2, 7, 60):
        counts = [tokens_of(crop(seed), mean) for seed in range(300)]
        assert mean / 2 <= min(counts) <= max(counts) <= 1.5 * mean
        assert abs(sum(counts) / 300 - mean) <= mean / 10
        assert [len(made_text(crop(1), count).split()) for count in (1, 2, 9)] == [1, 2, 9]


def test_a_table_comes_in_the_marks_that_paddlex_turns_into_html() -> None:
    assert made_text(crop(1, "Table Recognition:"), 3).startswith("<fcel>made ")


def test_never_more_rows_decode_than_there_are_slots_and_each_token_is_a_row_of_a_step(
    open_vlm: Open, heard: Heard
) -> None:
    vlm = open_vlm(slots=4, sleep_tokens=10)
    texts = [future.result(WAIT) for future in vlm.submit([crop(seed) for seed in range(30)])]
    assert max(heard.rows) == 4
    assert heard.prefills == 30
    # The first token of each comes from its prefill.
    assert sum(heard.rows) == sum(text.tokens - 1 for text in texts)


def test_options_cut_a_text_short(open_vlm: Open) -> None:
    vlm = open_vlm()
    cut, late = vlm.submit([crop(1, max_new_tokens=3), crop(2, deadline=time.time() - 1)])
    assert (cut.result(WAIT).tokens, cut.result(WAIT).finish_reason) == (3, "length")
    assert (late.result(WAIT).tokens, late.result(WAIT).finish_reason) == (0, "deadline")


def test_a_cancelled_crop_gives_up_its_slot(open_vlm: Open, heard: Heard) -> None:
    vlm = open_vlm(slots=1, sleep_tokens=100_000)
    [endless] = vlm.submit([crop(1)])
    [short] = vlm.submit([crop(2, max_new_tokens=2)])
    while not heard.rows:
        time.sleep(0.001)
    assert endless.cancel()
    assert short.result(WAIT).tokens == 2


def test_closed_it_fails_what_is_open_and_what_comes(open_vlm: Open) -> None:
    vlm = open_vlm(slots=1, sleep_tokens=100_000)
    waiting = vlm.submit([crop(1), crop(2)])
    vlm.close()
    for future in [*waiting, *vlm.submit([crop(3)])]:
        assert isinstance(future.exception(WAIT), EngineFailure)


def test_a_batch_of_pages_sleeps_once(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(Device, "work", lambda _, seconds: slept.append(seconds) or seconds)
    layout = SleepLayout(SleepSettings(sleep_layout_seconds=2, sleep_layout_page_seconds=0.5, sleep_blocks=3))
    layout.load()
    found = list(layout.detect([Page(np.zeros((90, 40, 3), np.uint8)), Page(np.zeros((9, 7, 3), np.uint8))]))
    assert slept == [3]
    assert [[box["coordinate"] for box in boxes] for boxes in found if isinstance(boxes, list)] == [
        [[0, 0, 40, 30], [0, 30, 40, 60], [0, 60, 40, 90]],
        [[0, 0, 7, 9]],
    ]
    assert list(layout.detect([])) == []
    assert slept == [3]


def test_models_that_name_the_same_device_take_turns(tmp_path: Path) -> None:
    """Who has just worked does not pass by one that waits."""
    ours, theirs = Device(tmp_path / "gpu"), Device(tmp_path / "gpu")
    order = []

    def work() -> None:
        with theirs._turn():
            order.append("theirs")

    with ThreadPoolExecutor(1) as thread:
        with ours._turn():
            waiting = thread.submit(work)
            while not is_locked(tmp_path / "gpu.next"):
                time.sleep(0.001)
            order.append("ours")
        with ours._turn():
            order.append("ours")
        waiting.result(WAIT)
    assert order == ["ours", "theirs", "ours"]
    for device in (ours, theirs):
        device.close()


def is_locked(file: Path) -> bool:
    with file.open() as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_a_page_goes_through_the_whole_pipeline(page_image: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"BLOCKS": "3", "TOKENS": "5", "STEP_SECONDS": "0", "PREFILL_SECONDS": "0"}.items():
        monkeypatch.setenv(f"SLEEP_{name}", value)
    with local_reader(EngineSettings(**ENGINE)) as reader:
        page = reader.read(page_image, PageOptions())
        again = reader.read(page_image, PageOptions())
    assert page.markdown == again.markdown
    assert page.markdown.count("made ") == 3
    [warning] = page.warnings
    assert warning.message == f"{WARNING}, in 3 blocks"


def test_it_prepares_no_pages() -> None:
    engine = make_preprocess(EngineSettings(**ENGINE))
    [refused] = engine.prepare([RawPage(np.zeros((4, 4, 3), np.uint8), PreprocessOptions(use_doc_unwarping=True))])
    assert isinstance(refused, UnsupportedOption)
    assert "sleeping" in str(refused)


def test_it_is_never_chosen_by_accident() -> None:
    with pytest.raises(ValidationError, match="CAPACITY_TEST=1"):
        EngineSettings(engine="sleep")
    with pytest.raises(ValidationError, match="VLM_ENGINE"):
        EngineSettings(vlm_engine="server", vlm_url="http://127.0.0.1:1", **ENGINE)
    assert EngineSettings(capacity_test=True).engine == "lite"
    assert model_name(EngineSettings(**ENGINE)) == NAME


def test_it_loads_no_model_library() -> None:
    code = (
        "import sys; from engines.settings import EngineSettings; from engines.table import make_layout, make_vlm;"
        "settings = EngineSettings(engine='sleep', capacity_test=True);"
        "[engine.load() for engine in (make_layout(settings), make_vlm(settings))];"
        "print({'cv2', 'paddle', 'paddlex', 'onnxruntime', 'openvino', 'numba'} & set(sys.modules))"
    )
    assert (
        subprocess.check_output([sys.executable, "-c", code], text=True, stderr=subprocess.DEVNULL).strip() == "set()"
    )
