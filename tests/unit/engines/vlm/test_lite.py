from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engines.errors import EngineFailure, MissingWeights, UnsupportedOption
from engines.vlm.base import Crop, Text, VlmOptions
from engines.vlm.lite import LiteVlm
from tests.unit.engines.lite.rendering import page, settings

TABLE = (slice(440, 725), slice(170, 1485))
"""Where the table of 04_en_table_grid stands."""


@pytest.fixture(scope="module")
def vlm() -> Iterator[LiteVlm]:
    engine = LiteVlm(settings())
    engine.load()
    yield engine
    engine.close()


def read(vlm: LiteVlm, image: NDArray[np.uint8], prompt: str = "OCR:", **options: Any) -> Text:
    [future] = vlm.submit([Crop(image, prompt, VlmOptions(**options))])
    return future.result(60)


def test_paragraphs_of_english(vlm: LiteVlm) -> None:
    text = read(vlm, page("01_en_single"))
    assert "The harbour authority published its annual survey" in text.text
    assert (text.finish_reason, text.warnings) == ("stop", ())
    assert text.tokens == pytest.approx(len(text.text), rel=0.05)


def test_chinese_has_no_spaces(vlm: LiteVlm) -> None:
    text = read(vlm, page("07_zh_single")).text
    assert "，" in text
    assert " " not in text.split("\n")[1]


def test_russian_is_found_by_itself(vlm: LiteVlm) -> None:
    text = read(vlm, page("11_ru_single"))
    assert "Городской совет утвердил план реконструкции набережной" in text.text
    assert text.warnings == ()


def test_a_table_is_html(vlm: LiteVlm) -> None:
    text = read(vlm, page("04_en_table_grid")[TABLE], "Table Recognition:").text
    assert text.startswith("<table><tr><td>Quarter</td><td>Calls</td>")
    assert text.count("<tr>") == 5


def test_given_lines_are_read_and_no_others(vlm: LiteVlm) -> None:
    image = page("04_en_table_grid")[TABLE]
    everything = read(vlm, image)
    assert "Quarter" in everything.text
    assert read(vlm, image, lines=()).text == ""


def test_a_limit_of_tokens(vlm: LiteVlm) -> None:
    text = read(vlm, page("01_en_single"), max_new_tokens=10)
    assert (text.tokens, text.finish_reason) == (10, "length")
    assert len(text.text) <= 10


def test_a_past_deadline_costs_no_work(vlm: LiteVlm) -> None:
    text = read(vlm, page("01_en_single"), deadline=time.time() - 1)
    assert (text.text, text.finish_reason) == ("", "deadline")


@pytest.mark.parametrize("option", [{"temperature": 0.1}, {"top_p": 0.5}, {"repetition_penalty": 1.1}])
def test_sampling_is_refused(vlm: LiteVlm, option: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedOption, match="recognises and does not sample"):
        read(vlm, page("01_en_single"), **option)


@pytest.mark.parametrize(
    "prompt", ["Formula Recognition:", "Chart Recognition:", "Seal Recognition:", "Spotting:", "Hi"]
)
def test_other_prompts_are_refused(vlm: LiteVlm, prompt: str) -> None:
    with pytest.raises(UnsupportedOption, match="prompt"):
        read(vlm, page("01_en_single"), prompt)


def test_what_asks_for_no_sampling_is_taken(vlm: LiteVlm) -> None:
    image = page("04_en_table_grid")[TABLE]
    assert read(vlm, image, temperature=0.0, top_p=1.0, repetition_penalty=1.0).text == read(vlm, image).text


def test_pixel_budgets_are_accepted_and_change_nothing(vlm: LiteVlm) -> None:
    image = page("04_en_table_grid")[TABLE]
    assert read(vlm, image, min_pixels=100, max_pixels=200).text == read(vlm, image).text


def test_a_bad_crop_fails_alone(vlm: LiteVlm) -> None:
    good = Crop(page("04_en_table_grid")[TABLE], "OCR:")
    broken = Crop(np.zeros((0, 0, 3), np.uint8), "OCR:")
    first, second, third = vlm.submit([good, broken, good])
    assert isinstance(second.exception(60), EngineFailure)
    assert first.result(60).text == third.result(60).text


@pytest.mark.parametrize("size", [(1, 1), (2, 500), (500, 2)])
def test_odd_sizes_hold_no_text(vlm: LiteVlm, size: tuple[int, int]) -> None:
    assert read(vlm, np.full((*size, 3), 255, np.uint8)).text == ""


def test_a_cancelled_crop_is_given_up_and_the_others_are_read(vlm: LiteVlm) -> None:
    crop = Crop(page("02_en_twocol"), "OCR:")
    futures = vlm.submit([crop] * 6)
    assert futures[5].cancel()
    assert len({future.result(60).text for future in futures[:5]}) == 1


def test_closing_ends_what_is_open() -> None:
    engine = LiteVlm(settings())
    engine.load()
    futures = engine.submit([Crop(page("02_en_twocol"), "OCR:")] * 8)
    engine.close()
    assert any(isinstance(future.exception(5), EngineFailure) for future in futures)
    assert isinstance(engine.submit([Crop(page("02_en_twocol"), "OCR:")])[0].exception(5), EngineFailure)


def test_missing_language_data_names_the_package(tmp_path: Path) -> None:
    engine = LiteVlm(settings().model_copy(update={"tessdata_prefix": tmp_path}))
    with pytest.raises(MissingWeights, match="tesseract-ocr-rus"):
        engine.load()
