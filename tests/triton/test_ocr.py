"""Pages through a real Triton: `ocr` asks `layout` and `vlm`, and every request ends in its own answer."""

from __future__ import annotations

import json
import time

import httpx2 as httpx
import numpy as np
import pytest
from tritonclient.utils import InferenceServerException

from tests.product import OCR_MAX_IN_FLIGHT
from tests.triton.conftest import text


def read(value: np.ndarray) -> str:
    return value.reshape(-1)[0].decode()


def test_a_page_becomes_markdown(models, page_image):
    page = models.ocr(page_image)
    markdown, result = read(page["MARKDOWN"]), json.loads(read(page["RESULT"]))
    assert "Quarterly" in markdown or len(markdown) > 200
    assert [block["block_label"] for block in result["parsing_res_list"]]
    assert result["width"] > 1000
    assert page["TOKENS"][0] > 100
    assert (read(page["ENGINE"]), read(page["MODEL"])) == ("lite", "PP-OCRv6 tiny")


def test_a_file_as_the_body_is_read(stack, page_image):
    answer = httpx.post(
        f"{stack.triton_url}/v2/models/ocr_file/infer",
        content=page_image,
        headers={"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": "0"},
        timeout=60,
    )
    assert answer.status_code == 200
    assert len(answer.content) > 400


@pytest.mark.parametrize(
    ("image", "options", "status", "kind"),
    [
        (b"junk", {}, "400", "bad_image"),
        (b"", {}, "400", "bad_image"),
        (None, {"layoutTreshold": 0.5}, "400", "bad_option"),
        (None, {"topP": 2}, "400", "bad_option"),
        (None, {"useChartRecognition": True}, "501", "unsupported_option"),
        (None, {"useDocUnwarping": True}, "501", "unsupported_option"),
        (None, {"deadline": 1.0}, "503", "deadline_exceeded"),
    ],
)
def test_a_wrong_request_says_what_is_wrong(models, page_image, image, options, status, kind):
    with pytest.raises(InferenceServerException, match=rf"\[{kind}\]") as caught:
        models.ocr(page_image if image is None else image, **options)
    assert caught.value.status() == status


def test_one_bad_page_fails_alone(models, page_image):
    requests = [{"IMAGE": text(b"junk" if place == 3 else page_image)} for place in range(6)]
    answers = models.ask_all("ocr", requests)
    assert [isinstance(answer, Exception) for answer in answers] == [place == 3 for place in range(6)]
    assert len({read(answer["MARKDOWN"]) for answer in answers if isinstance(answer, dict)}) == 1


def test_pages_past_the_cap_are_told_to_come_back(models, page_image):
    answers = models.ask_all("ocr", [{"IMAGE": text(page_image)}] * (OCR_MAX_IN_FLIGHT + 8))
    refused = [answer for answer in answers if isinstance(answer, Exception)]
    assert refused
    assert {answer.status() for answer in refused} == {"503"}
    assert all("OCR_MAX_IN_FLIGHT" in str(answer) for answer in refused)
    # The supervisor's canary may be a page in flight too.
    assert len(answers) - len(refused) >= OCR_MAX_IN_FLIGHT - 1


def test_a_deadline_stops_a_page_in_flight(models, page_image):
    with pytest.raises(InferenceServerException, match=r"\[deadline_exceeded\]"):
        models.ocr(page_image, deadline=time.time() + 0.05)
    assert read(models.ocr(page_image)["MARKDOWN"])
