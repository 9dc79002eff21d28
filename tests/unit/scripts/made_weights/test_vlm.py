"""The made PaddleOCR-VL answers through PaddleX's own predictor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.vlm.base import PROMPTS
from scripts.made_weights import Manners
from scripts.made_weights.pages import draw
from scripts.made_weights.standard_pages import standard_page
from scripts.made_weights.vlm.model import write_vlm
from tests.unit.scripts.made_weights.conftest import Open

LIMIT = 60


@pytest.fixture
def vlm(opened: Open, made_weights: Path) -> Any:
    return opened(made_weights, "PaddleOCR-VL-1.6-0.9B")


def read(vlm: Any, crop: np.ndarray, prompt: str = "OCR:", limit: int = LIMIT, **options: Any) -> str:
    [answer] = vlm.predict([{"image": crop, "query": prompt}], max_new_tokens=limit, **options)
    return str(answer["result"])


def crops() -> list[np.ndarray]:
    """The panels of some pages."""
    found = []
    for name in ("article", "tables", "formulas"):
        page = standard_page(name)
        image = draw(page)
        found += [image[y1:y2, x1:x2] for x1, y1, x2, y2 in (panel.box for panel in page.panels[3:8])]
    return found


def test_texts_depend_on_the_picture(vlm: Any) -> None:
    texts = [read(vlm, crop) for crop in crops()]
    assert len(set(texts)) > 0.8 * len(texts)
    darker = (crops()[0] // 2).astype(np.uint8)
    assert read(vlm, darker) != texts[0]


def test_texts_depend_on_the_prompt(vlm: Any) -> None:
    crop = crops()[0]
    assert len({read(vlm, crop, prompt) for prompt in PROMPTS}) == len(PROMPTS)


def test_many_texts_end_by_themselves_and_some_at_the_limit(vlm: Any) -> None:
    longer = [read(vlm, crop, limit=2 * LIMIT) != read(vlm, crop) for crop in crops()]
    assert 0 < sum(longer) < len(longer) / 2


def test_the_same_crop_has_the_same_text(vlm: Any) -> None:
    assert read(vlm, crops()[0]) == read(vlm, crops()[0])


def test_texts_hold_words_and_now_and_then_table_cells(vlm: Any) -> None:
    together = "".join(read(vlm, crop, "Table Recognition:") for crop in crops())
    assert "<fcel>" in together or "<ecel>" in together
    assert "\N{REPLACEMENT CHARACTER}" * 8 not in together
    assert any(word in together for word in (" the", " results", " transport", " of"))


@pytest.mark.parametrize("name", ["PaddleOCR-VL-0.9B", "PaddleOCR-VL-1.5-0.9B"])
def test_the_other_versions_answer(opened: Open, tmp_path: Path, name: str) -> None:
    from scripts.made_weights import MODEL_FOLDERS

    write_vlm(tmp_path / MODEL_FOLDERS[name], name, "tiny", "bfloat16", 3, Manners())
    assert read(opened(tmp_path, name), crops()[0])


def test_a_text_can_be_made_to_go_round_in_circles(opened: Open, tmp_path: Path) -> None:
    name = "PaddleOCR-VL-1.6-0.9B"
    write_vlm(tmp_path / "PaddleOCR-VL-1.6", name, "tiny", "float32", 0, Manners(stops=0, repeats=1))
    text = read(opened(tmp_path, name), crops()[0], limit=200)
    assert text.count(text[-12:]) > 10


def test_a_seed_makes_other_weights(tmp_path: Path, made_weights: Path) -> None:
    write_vlm(tmp_path, "PaddleOCR-VL-1.6-0.9B", "tiny", "float32", 1, Manners())
    made = made_weights / "PaddleOCR-VL-1.6" / "model.safetensors"
    assert made.read_bytes() != (tmp_path / "model.safetensors").read_bytes()
