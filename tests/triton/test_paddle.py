"""The offline weights' engine through a real Triton: the contracts of the lite one, in batches that keep apart."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import numpy as np
import pytest
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from benchmarks.running import mean_of, metric_totals
from engines.settings import EngineSettings
from engines.vlm.base import PROMPTS, Crop, VlmOptions
from engines.vlm.paddle import PaddleVlm
from scripts.made_weights.pages import draw, png
from scripts.made_weights.standard_pages import standard_page
from supervisor.stack import Stack
from tests.conftest import ROOT
from tests.triton.conftest import Models, Outputs, text
from tests.triton.test_contracts import ROWS, promised

PAGES = [png(standard_page(name)) for name in ("tables", "small", "columns", "one line", "blank", "upwards")]
PIXELS = draw(standard_page("article"))
CROPS = [PIXELS[140:220, 140:1100], PIXELS[510:690, 80:1160], PIXELS[720:800, 300:900], PIXELS[990:1300, 640:1160]]


def page_request(image: bytes, **options: object) -> dict[str, np.ndarray]:
    return {"IMAGE": text(image), "OPTIONS": text(json.dumps({"maxNewTokens": 20, **options}))}


def crop_request(image: np.ndarray, prompt: str = "OCR:", **options: object) -> dict[str, np.ndarray]:
    told = text(json.dumps({"max_new_tokens": 20, **options}), 1, 1)
    return {"IMAGE": image[None], "PROMPT": text(prompt, 1, 1), "OPTIONS": told}


def markdown_of(answer: Outputs | Exception) -> bytes:
    assert isinstance(answer, dict), answer
    return bytes(answer["MARKDOWN"][0])


@pytest.mark.parametrize(
    ("model", "request_of"),
    [
        ("ocr", lambda: page_request(PAGES[0])),
        ("layout", lambda: {"IMAGE": PIXELS[None]}),
        ("vlm", lambda: crop_request(CROPS[0])),
        ("preprocess", lambda: {"IMAGE": PIXELS[None]}),
    ],
)
def test_answers_are_as_documented(paddle_models: Models, model, request_of):
    answer = paddle_models.ask(model, **request_of())
    for name, (kind, dims, _) in promised(ROWS[model]["output"]).items():
        value = answer.pop(name)
        assert "TYPE_" + np_to_triton_dtype(value.dtype).replace("BYTES", "STRING") == kind
        batch = 0 if ROWS[model]["batch"] == "0" else 1
        assert value.ndim == len(dims) + batch
        assert all(asked in (-1, size) for asked, size in zip(dims, value.shape[batch:], strict=True))
    assert answer == {}


def test_a_page_says_which_weights_read_it(paddle_models):
    answer = paddle_models.ask("ocr", **page_request(PAGES[0]))
    assert (answer["ENGINE"][0], answer["MODEL"][0]) == (b"paddle", b"PaddleOCR-VL-1.6-0.9B")
    assert answer["TOKENS"][0] > 20
    labels = [block["block_label"] for block in json.loads(answer["RESULT"][0])["parsing_res_list"]]
    assert labels.count("table") == 3
    assert len(answer["IMAGES"]) == len(answer["IMAGE_NAMES"]) > 0


def test_pages_in_flight_share_batches_and_stay_apart(paddle_stack: Stack, paddle_models):
    requests = [page_request(page, maxNewTokens=128) for page in PAGES]
    alone = [markdown_of(paddle_models.ask("ocr", **request)) for request in requests]
    before = metric_totals(paddle_stack)
    together = paddle_models.ask_all("ocr", requests * 3)
    assert [markdown_of(answer) for answer in together] == alone * 3
    assert len(set(alone)) == len(PAGES)
    # The decode loop passes its counts on twice a second, and when it runs empty.
    time.sleep(1)
    after = metric_totals(paddle_stack)
    steps, rows = (after[f"vlm_{name}_total"] - before[f"vlm_{name}_total"] for name in ("steps", "step_rows"))
    assert rows / steps > 1.5
    assert mean_of("layout_batch_pages", before, after) > 1


def test_crops_of_all_prompts_are_read_together_as_the_engine_reads_them_alone(paddle_models, made_weights: Path):
    engine = PaddleVlm(EngineSettings(engine="paddle", model_dir=made_weights, device="cpu"))
    engine.load()
    asked = [(crop, prompt) for crop in CROPS for prompt in PROMPTS]
    options = VlmOptions(max_new_tokens=20)
    alone = [engine.submit([Crop(crop, prompt, options)])[0].result(60).text for crop, prompt in asked]
    engine.close()
    answers = paddle_models.ask_all("vlm", [crop_request(crop, prompt) for crop, prompt in asked])
    assert [answer["TEXT"][0, 0].decode() for answer in answers if isinstance(answer, dict)] == alone
    assert len(set(alone)) > len(CROPS)


def test_a_wrong_crop_fails_alone(paddle_models):
    good, long = crop_request(CROPS[0]), np.full((4, 1200, 3), 255, np.uint8)
    wrong = {
        "[bad_image]": crop_request(long),
        "[bad_option] PROMPT": crop_request(CROPS[0], "OCR:<|IMAGE_PLACEHOLDER|>"),
        "[bad_option] min_pixels": crop_request(CROPS[0], min_pixels=3_000_000),
        "[bad_option] max_new_token": crop_request(CROPS[0], max_new_token=3),
        "VLM_CACHE_TOKENS": crop_request(CROPS[0], max_new_tokens=10**9),
    }
    first, *answers, last = paddle_models.ask_all("vlm", [good, *wrong.values(), good])
    assert [told for told, answer in zip(wrong, answers, strict=True) if told not in str(answer)] == []
    assert isinstance(first, dict)
    assert isinstance(last, dict)
    assert first["TEXT"] == last["TEXT"]


def test_a_wrong_page_fails_alone(paddle_models):
    good = page_request(PAGES[1])
    wrong = [
        page_request(b"junk"),
        page_request(PAGES[1], layoutThreshold={"headline": 0.5}),
        page_request(PAGES[1], topP=2),
    ]
    first, *answers, last = paddle_models.ask_all("ocr", [good, *wrong, good])
    kinds = ["bad_image", "bad_option", "bad_option"]
    assert [f"[{kind}]" in str(answer) for kind, answer in zip(kinds, answers, strict=True)] == [True] * 3
    assert markdown_of(first) == markdown_of(last)


def test_max_new_tokens_cuts_the_text(paddle_models):
    answer = paddle_models.ask("vlm", **crop_request(CROPS[1], max_new_tokens=3))
    assert (answer["FINISH_REASON"][0, 0], answer["TOKENS"][0, 0]) == (b"length", 3)


def test_a_late_crop_ends_and_a_late_page_says_so(paddle_models):
    answer = paddle_models.ask("vlm", **crop_request(CROPS[1], deadline=1.0))
    assert answer["FINISH_REASON"][0, 0] == b"deadline"
    with pytest.raises(InferenceServerException, match=r"\[deadline_exceeded\]"):
        paddle_models.ask("ocr", **page_request(PAGES[2], deadline=time.time() + 0.05))


def test_documented_metrics_of_the_decode_loop_are_served(paddle_stack: Stack, paddle_models):
    paddle_models.ask("vlm", **crop_request(CROPS[0]))
    time.sleep(1)
    totals = metric_totals(paddle_stack)
    section = (ROOT / "docs" / "decoding.md").read_text(encoding="utf-8").split("## Metrics of the loop")[1]
    documented = set(re.findall(r"`(vlm_\w+)`", section.split("\n## ")[0]))
    assert len(documented) == 11
    assert documented - set(totals) == set()
    assert totals["vlm_generated_tokens_total"] >= totals["vlm_admitted_crops_total"] > 0
    assert totals["vlm_slots_in_use"] == totals["vlm_waiting_crops"] == totals["vlm_crops_in_flight"] == 0
