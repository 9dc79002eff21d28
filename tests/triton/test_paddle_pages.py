"""Pages through a real Triton with the offline weights: prepared, and their regions found, in shared batches."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image
from tritonclient.utils import InferenceServerException

from benchmarks.running import mean_of, metric_totals
from tests.conftest import png
from tests.triton.conftest import Models, text
from tests.unit.engines.layout.panels import ARTICLE, NESTED, SLANTED

TURN = {"use_doc_orientation_classify": True}


@pytest.fixture(scope="module")
def models(paddle_models: Models) -> Models:
    return paddle_models


def request(image: np.ndarray, **options: object) -> dict[str, np.ndarray]:
    return {"IMAGE": image[None], "OPTIONS": text(json.dumps(options), 1, 1)}


def result_of(models: Models, image: np.ndarray, **options: object) -> dict:
    answer = models.ocr(png(Image.fromarray(image)), maxNewTokens=4, **options)
    return json.loads(answer["RESULT"][0])


def test_pages_with_options_of_their_own_share_a_batch_of_layout(paddle_stack, models):
    options = [{}, {"threshold": 0.95}, {"layout_shape_mode": "poly"}, {"layout_unclip_ratio": 1.1}]
    requests = [request(image, **asked) for image in (ARTICLE, NESTED, SLANTED) for asked in options]
    alone = [models.ask("layout", **inputs)["BOXES"][0, 0] for inputs in requests]
    before = metric_totals(paddle_stack)
    together = models.ask_all("layout", requests + requests)
    assert [answer["BOXES"][0, 0] for answer in together] == alone + alone
    assert len(set(alone)) > 8
    assert mean_of("layout_batch_pages", before, metric_totals(paddle_stack)) > 1.5


def test_a_wrong_page_fails_alone(models):
    good, wrong = request(ARTICLE), request(ARTICLE, threshold={"headline": 0.5})
    answers = models.ask_all("layout", [good, wrong, good])
    assert [isinstance(answer, Exception) for answer in answers] == [False, True, False]
    assert "[bad_option] threshold: 'headline' is no class" in str(answers[1])


def test_turned_pages_of_different_sizes_come_back_each_at_its_own(paddle_stack, models):
    pages = [np.ascontiguousarray(np.rot90(ARTICLE[: 900 + 10 * place], place % 4)) for place in range(24)]
    before = metric_totals(paddle_stack)
    answers = models.ask_all("preprocess", [request(page, **TURN, use_doc_unwarping=True) for page in pages])
    for page, answer in zip(pages, answers, strict=True):
        [[angle]], image = answer["ANGLE"], answer["IMAGE"]
        height, width = page.shape[:2]
        assert angle in (0, 90, 180, 270)
        assert image.shape == ((1, height, width, 3) if angle % 180 == 0 else (1, width, height, 3))
    assert len({int(answer["ANGLE"][0, 0]) for answer in answers}) == 4
    assert mean_of("preprocess_batch_pages", before, metric_totals(paddle_stack)) > 1


def test_a_turned_page_is_read_as_if_it_were_upright(models):
    upright = result_of(models, ARTICLE, useDocOrientationClassify=True)
    turned = result_of(models, np.ascontiguousarray(np.rot90(ARTICLE)), useDocOrientationClassify=True)
    steps = {"use_doc_orientation_classify": True, "use_doc_unwarping": False}
    assert upright["doc_preprocessor_res"] == {"model_settings": steps, "angle": 0}
    assert turned["doc_preprocessor_res"]["angle"] in (90, 270)
    labels = [block["block_label"] for block in upright["parsing_res_list"]]
    assert len(labels) > 5
    assert [block["block_label"] for block in turned["parsing_res_list"]] == labels


def test_outlines_reach_the_result(models):
    boxes = result_of(models, SLANTED, layoutShapeMode="poly")["layout_det_res"]["boxes"]
    assert all(len(box["polygon_points"]) >= 3 for box in boxes)
    assert "polygon_points" not in result_of(models, SLANTED, layoutShapeMode="rect")["layout_det_res"]["boxes"][0]


def test_a_late_page_is_not_begun(models):
    with pytest.raises(InferenceServerException, match=r"\[deadline_exceeded\]"):
        models.ask("preprocess", **request(ARTICLE, **TURN, deadline=1.0))
