"""POST /ocr asked by PP-OCR's clients, and told apart from POST /ocr asked by this gateway's own."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from fastapi.testclient import TestClient

from .conftest import Start, as_json, error_of
from .documents import encoded, pdf, picture
from .fake_triton import FakeTriton

PAGE = encoded(picture())
DRAWN = {"inputImage": b"the page", "ocrImage": b"its blocks"}
# What paddleocr-mcp 0.8.5 sends.
MCP = {"fileType": 1, "useDocOrientationClassify": False, "useDocUnwarping": False, "visualize": False}


def test_pp_ocr_clients_get_texts_and_boxes(client: TestClient, triton: FakeTriton) -> None:
    table = "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>"
    triton.blocks = [
        {"block_label": "text", "block_content": "one", "block_bbox": [1, 2, 3, 4]},
        {"block_label": "image", "block_content": " ", "block_bbox": [5, 5, 6, 6]},
        {"block_label": "table", "block_content": table, "block_bbox": [7, 8, 9, 10]},
    ]
    response = client.post("/ocr", **as_json(PAGE, **MCP, logId="mine"))
    assert response.json() == {
        "logId": "mine",
        "result": {
            "ocrResults": [
                {
                    "prunedResult": {
                        "rec_texts": ["one", "a\tb\nc\t"],
                        "rec_scores": [],
                        "rec_boxes": [[1, 2, 3, 4], [7, 8, 9, 10]],
                    }
                }
            ],
            "dataInfo": {"width": 120, "height": 80, "type": "image"},
        },
        "errorCode": 0,
        "errorMsg": "Success",
    }
    [told] = triton.options
    assert (told["useDocOrientationClassify"], told["useDocUnwarping"]) == (False, False)


def test_every_page_is_a_result(client: TestClient) -> None:
    response = client.post("/ocr", **as_json(pdf((72, 72), (72, 36)), visualize=False))
    assert len(response.json()["result"]["ocrResults"]) == 2
    # PaddleX draws two pixels a point, and PDF_DPI is of this gateway's own API.
    assert response.json()["result"]["dataInfo"]["pages"] == [
        {"width": 144, "height": 144},
        {"width": 144, "height": 72},
    ]


def test_what_was_found_is_drawn_where_that_is_asked_for(start: Start, triton: FakeTriton) -> None:
    drawn = {name: base64.b64encode(data).decode() for name, data in DRAWN.items()}
    for visualize, asked, pictures in (
        (False, {"visualize": True}, drawn),
        (True, {"visualize": None}, drawn),
        (True, {"visualize": False}, {}),
        (False, {"visualize": None}, {}),
    ):
        response = start(visualize=visualize).post("/ocr", **as_json(PAGE, **asked))
        [page] = response.json()["result"]["ocrResults"]
        assert {name: value for name, value in page.items() if name != "prunedResult"} == pictures
        assert triton.options[-1].get("visualize", False) is bool(pictures)


def test_a_header_counts_the_warnings(client: TestClient, triton: FakeTriton) -> None:
    triton.warnings = [{"type": "left_as_image", "message": "1 formula left as image"}]
    assert client.post("/ocr", **as_json(PAGE, **MCP)).headers["x-warnings"] == "1"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"textDetThresh": 0.5}, "textDetThresh: it is of PP-OCR's models"),
        ({"returnWordBox": True}, "returnWordBox"),
        ({"fileType": 0}, "fileType says PDF"),
        ({"fileType": 7}, "fileType"),
        ({"file": "!", "visualize": False}, "file is not Base64"),
        ({"file": "http://127.0.0.1/", "visualize": False}, "file: 127.0.0.1 "),
    ],
)
def test_their_errors_have_their_form(client: TestClient, fields: dict[str, Any], told: str) -> None:
    document = {"file": base64.b64encode(PAGE).decode()}
    response = client.post("/ocr", json={**document, "logId": "mine", **fields})
    assert response.status_code == 422
    body = response.json()
    assert (body["logId"], body["errorCode"]) == ("mine", 422)
    assert told in body["errorMsg"]


@pytest.mark.parametrize(
    "fields", [{"textDetThresh": None}, {"returnWordBox": False}, {"useTextlineOrientation": False}]
)
def test_what_changes_nothing_is_taken(client: TestClient, fields: dict[str, Any]) -> None:
    assert "ocrResults" in client.post("/ocr", **as_json(PAGE, **fields)).json()["result"]


@pytest.mark.parametrize("ours", [{"pages": "1"}, {"options": {}}, {"save": False}, {"url": "http://a.example/"}])
def test_a_field_of_our_own_makes_it_our_own(client: TestClient, ours: dict[str, Any]) -> None:
    error = error_of(client.post("/ocr", **as_json(PAGE, visualize=False, **ours)))
    assert (error["code"], error["param"]) == ("unknown_field", "visualize")


def test_a_document_alone_is_our_own(client: TestClient) -> None:
    assert "markdown" in client.post("/ocr", **as_json(PAGE)).json()


def test_streams_are_our_own(client: TestClient) -> None:
    headers = {"accept": "application/x-ndjson"}
    error = error_of(client.post("/ocr", **as_json(PAGE, visualize=False), headers=headers))
    assert error["code"] == "unknown_field"
