"""Requests of many clients share batches, and stay apart in them."""

from __future__ import annotations

import json
import re

import numpy as np

from benchmarks.running import mean_of, metric_totals
from tests.triton.conftest import text


def test_pages_of_different_sizes_share_a_batch_of_layout(stack, models):
    before = metric_totals(stack)
    sizes = [(600 + 40 * place, 500 + 20 * place) for place in range(12)]
    pages = [{"IMAGE": np.full((1, height, width, 3), 255, np.uint8)} for height, width in sizes]
    answers = models.ask_all("layout", pages)
    assert [json.loads(answer["BOXES"][0, 0]) for answer in answers] == [[] for _ in sizes]
    assert mean_of("layout_batch_pages", before, metric_totals(stack)) > 1.5


def test_each_crop_gets_its_own_text(models, line_images):
    requests = [{"IMAGE": image[None], "PROMPT": text("OCR:", 1, 1)} for _, image in line_images]
    answers = models.ask_all("vlm", requests)
    assert [answer["TEXT"][0, 0].decode() for answer in answers] == [written for written, _ in line_images]
    assert {answer["FINISH_REASON"][0, 0] for answer in answers} == {b"stop"}


def test_a_wrong_crop_fails_alone(models, line_images):
    good = {"IMAGE": line_images[0][1][None], "PROMPT": text("OCR:", 1, 1)}
    wrong = [
        {**good, "PROMPT": text("Sing:", 1, 1)},
        {**good, "OPTIONS": text('{"max_new_tokens": 0}', 1, 1)},
        {**good, "OPTIONS": text("{", 1, 1)},
        {**good, "OPTIONS": text('{"temperature": 0.5}', 1, 1)},
    ]
    answers = models.ask_all("vlm", [good, *wrong, good])
    assert [isinstance(answer, Exception) for answer in answers] == [False, True, True, True, True, False]
    assert all(re.search(r"\[(bad|unsupported)_option\]", str(answer)) for answer in answers[1:-1])


def test_a_wrong_page_fails_alone(models):
    good = {"IMAGE": np.full((1, 400, 300, 3), 255, np.uint8)}
    answers = models.ask_all("layout", [good, {**good, "OPTIONS": text("[]", 1, 1)}, good])
    assert [isinstance(answer, Exception) for answer in answers] == [False, True, False]


def test_max_new_tokens_cuts_the_text(models, line_images):
    _, image = line_images[0]
    answer = models.ask(
        "vlm", IMAGE=image[None], PROMPT=text("OCR:", 1, 1), OPTIONS=text('{"max_new_tokens": 3}', 1, 1)
    )
    assert answer["FINISH_REASON"][0, 0] == b"length"
    assert answer["TOKENS"][0, 0] == 3
