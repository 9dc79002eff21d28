"""POST /layout-parsing and POST /restructure-pages: PaddleX's own API, over the same readings as POST /ocr."""

from __future__ import annotations

import base64
import json
import re
import time
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tritonclient.utils import InferenceServerException

from gateway.settings import Settings

from .conftest import Start, as_json
from .documents import encoded, pdf, picture, tiff
from .fake_triton import FakeTriton

PAGE = encoded(picture())
CROP = "imgs/img_in_image_box_1_2_3_4.jpg"
SUCCESS = {"logId", "result", "errorCode", "errorMsg"}


def results_of(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    body = response.json()
    assert set(body) == SUCCESS
    assert (body["errorCode"], body["errorMsg"]) == (0, "Success")
    results: list[dict[str, Any]] = body["result"]["layoutParsingResults"]
    return results


def failure_of(response: Any) -> str:
    body = response.json()
    assert set(body) == {"logId", "errorCode", "errorMsg"}
    assert body["errorCode"] == response.status_code
    return str(body["errorMsg"])


def test_answers_what_the_official_server_answers(client: TestClient, triton: FakeTriton) -> None:
    triton.crops = {CROP: b"\xff\xd8crop"}
    response = client.post("/layout-parsing", **as_json(PAGE, fileType=1, logId="mine", nobodyKnows=1))
    assert response.json()["logId"] == "mine"
    [page] = results_of(response)
    assert set(page) == {"prunedResult", "markdown"}
    assert page["prunedResult"]["parsing_res_list"][0]["block_content"] == "120 x 80"
    # As it was written: nothing is stripped.
    assert page["markdown"] == {
        "text": f'120 x 80\n\n<img src="{CROP}">',
        "images": {CROP: base64.b64encode(b"\xff\xd8crop").decode()},
    }
    assert response.json()["result"]["dataInfo"] == {"width": 120, "height": 80, "type": "image"}


def test_a_header_counts_the_warnings(client: TestClient, triton: FakeTriton) -> None:
    triton.warnings = [{"type": "not_honoured", "message": "useChartRecognition: no model for charts"}]
    assert client.post("/layout-parsing", **as_json(PAGE)).headers["x-warnings"] == "1"


def test_a_log_id_is_made_where_none_is_sent(client: TestClient) -> None:
    response = client.post("/layout-parsing", **as_json(PAGE))
    assert response.json()["logId"] == response.headers["x-request-id"]


def test_images_are_there_even_if_there_are_none_unless_they_are_not_wanted(client: TestClient) -> None:
    assert results_of(client.post("/layout-parsing", **as_json(PAGE)))[0]["markdown"]["images"] == {}
    [page] = results_of(client.post("/layout-parsing", **as_json(PAGE, returnMarkdownImages=False)))
    assert set(page["markdown"]) == {"text"}


def test_every_option_reaches_the_engine(client: TestClient, triton: FakeTriton) -> None:
    options = {
        "useDocOrientationClassify": True,
        "useDocUnwarping": False,
        "useLayoutDetection": True,
        "useChartRecognition": True,
        "useSealRecognition": True,
        "useOcrForImageBlock": True,
        "layoutThreshold": {"text": 0.5},
        "layoutNms": False,
        "layoutUnclipRatio": [1.0, 1.0],
        "layoutMergeBboxesMode": "union",
        "layoutShapeMode": "quad",
        "promptLabel": "table",
        "formatBlockContent": True,
        "repetitionPenalty": 1.5,
        "temperature": 0.5,
        "topP": 0.5,
        "minPixels": 100,
        "maxPixels": 200,
        "maxNewTokens": 7,
        "mergeLayoutBlocks": False,
        "markdownIgnoreLabels": ["header"],
        "vlmExtraArgs": {"ocr_min_pixels": 50},
        "prettifyMarkdown": False,
        "showFormulaNumber": True,
        "returnMarkdownImages": True,
        "visualize": True,
    }
    results_of(client.post("/layout-parsing", **as_json(PAGE, **options)))
    [told] = triton.options
    assert {name: told[name] for name in options} == options
    assert told["ifAble"] == ["useChartRecognition", "useSealRecognition"]


def test_pages_stay_as_they_are_unless_restructuring_is_asked_for(client: TestClient, triton: FakeTriton) -> None:
    document = pdf((100, 100), (100, 100))
    assert [
        page["markdown"]["text"][0] for page in results_of(client.post("/layout-parsing", **as_json(document)))
    ] == [
        "2",
        "2",
    ]
    assert triton.restructured == []
    pages = results_of(client.post("/layout-parsing", **as_json(document, restructurePages=True, mergeTables=False)))
    assert all(page["markdown"]["text"].startswith("# ") for page in pages)
    assert triton.restructured == [{"pages": 2, "mergeTables": False, "relevelTitles": True}]


def test_a_single_page_is_restructured_where_that_is_asked_for(client: TestClient, triton: FakeTriton) -> None:
    [page] = results_of(client.post("/layout-parsing", **as_json(PAGE, restructurePages=True)))
    assert page["markdown"]["text"] == "# 120 x 80"


def test_blocks_are_formatted_once_after_pages_are_joined(client: TestClient, triton: FakeTriton) -> None:
    results_of(client.post("/layout-parsing", **as_json(PAGE, restructurePages=True, formatBlockContent=True)))
    assert "formatBlockContent" not in triton.options[0]
    assert triton.settings_of_restructured == [{"format_block_content": True}]


@pytest.mark.parametrize(
    ("document", "info"),
    [
        (PAGE, {"width": 120, "height": 80, "type": "image"}),
        (tiff(picture()), {"width": 120, "height": 80, "type": "image"}),
        (
            tiff(picture(), picture((60, 50))),
            {"numPages": 2, "pages": [{"width": 120, "height": 80}, {"width": 60, "height": 50}], "type": "tiff"},
        ),
        # Two pixels a point, whatever PDF_DPI says.
        (pdf((144, 72)), {"numPages": 1, "pages": [{"width": 288, "height": 144}], "type": "pdf"}),
    ],
)
def test_data_info_tells_the_sizes_of_the_pages(start: Start, document: bytes, info: dict[str, Any]) -> None:
    response = start(pdf_dpi=100).post("/layout-parsing", **as_json(document))
    assert response.json()["result"]["dataInfo"] == info


def test_drawings_come_where_they_are_asked_for(client: TestClient) -> None:
    [page] = results_of(client.post("/layout-parsing", **as_json(PAGE, visualize=True)))
    assert page["inputImage"] == base64.b64encode(b"the page").decode()
    assert page["outputImages"] == {"layout_det_res": base64.b64encode(b"its blocks").decode()}


def test_the_operator_says_whether_pages_are_drawn_when_a_request_does_not(start: Start) -> None:
    client = start(visualize=True)
    assert "outputImages" in results_of(client.post("/layout-parsing", **as_json(PAGE)))[0]
    assert "outputImages" not in results_of(client.post("/layout-parsing", **as_json(PAGE, visualize=False)))[0]


@pytest.mark.parametrize(
    ("fields", "status", "told"),
    [
        ({}, 422, "file: Field required"),
        ({"file": "!"}, 422, "file is not Base64"),
        ({"file": "aGVsbG8="}, 415, "neither PDF nor"),
        ({"fileType": 2}, 422, "fileType"),
        ({"fileType": 0}, 422, r"fileType says PDF \(0\), but the content is PNG: leave fileType out"),
        ({"outputFormats": ["docx"]}, 422, "outputFormats: this server makes no docx"),
        ({"layoutThreshold": 2}, 422, "layoutThreshold"),
        ({"temperature": -1}, 422, "temperature"),
        ({"promptLabel": "poem"}, 422, "promptLabel"),
        ({"file": "https://127.0.0.1/a.pdf"}, 422, r"^file: 127\.0\.0\.1 .*internal"),
        ({"logId": 5}, 422, "logId"),
    ],
)
def test_errors_have_the_official_form(client: TestClient, fields: dict[str, Any], status: int, told: str) -> None:
    document = {} if not fields else {"file": base64.b64encode(PAGE).decode()}
    response = client.post("/layout-parsing", json={"logId": "mine", **document, **fields})
    assert response.status_code == status
    assert re.search(told, failure_of(response)), response.text
    assert response.json()["logId"] == ("mine" if fields.get("logId") is None else response.headers["x-request-id"])


def test_what_is_wrong_before_the_fields_has_the_same_form(start: Start) -> None:
    client = start(max_upload_bytes=100)
    assert failure_of(client.post("/layout-parsing", content=b"{", headers={"content-type": "application/json"}))
    assert failure_of(client.post("/layout-parsing", data={"file": "x"})).startswith("send application/json")
    assert failure_of(client.get("/layout-parsing")).endswith("does not take GET: see /docs")
    assert "MAX_UPLOAD_BYTES" in failure_of(client.post("/layout-parsing", **as_json(b"\x89PNG" * 100)))
    assert "error" in client.get("/layout-parsings").json()


def test_too_many_pages_are_refused_and_never_cut(start: Start) -> None:
    response = start(max_pages=2).post("/layout-parsing", **as_json(pdf(*[(72, 72)] * 3)))
    assert response.status_code == 422
    assert failure_of(response) == "file: 3 pages are asked for, and MAX_PAGES is 2: ask for fewer"


def test_a_full_server_says_when_to_come_again(start: Start, triton: FakeTriton) -> None:
    triton.failures["ocr"] = InferenceServerException("[overloaded] no room", "503")
    response = start(request_timeout=1).post("/layout-parsing", **as_json(PAGE))
    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert failure_of(response)


def pages_to_join(client: TestClient) -> list[dict[str, Any]]:
    pages = results_of(client.post("/layout-parsing", **as_json(pdf((72, 72), (144, 72)))))
    return [
        {"prunedResult": page["prunedResult"], "markdownImages": {f"imgs/{place}.jpg": "QQ=="}}
        for place, page in enumerate(pages)
    ]


def test_pages_are_restructured_with_the_official_defaults(client: TestClient, triton: FakeTriton) -> None:
    pages = pages_to_join(client)
    response = client.post("/restructure-pages", json={"pages": pages, "logId": "mine"})
    assert response.json()["logId"] == "mine"
    assert set(response.json()["result"]) == {"layoutParsingResults"}
    joined = results_of(response)
    assert [page["prunedResult"] for page in joined] == [page["prunedResult"] for page in pages]
    assert [page["markdown"]["images"] for page in joined] == [page["markdownImages"] for page in pages]
    assert all(page["markdown"]["text"].startswith("# ") for page in joined)
    [told] = triton.restructured
    assert told == {
        "pages": 2,
        "mergeTables": True,
        "relevelTitles": True,
        "concatenatePages": False,
        "prettifyMarkdown": True,
        "showFormulaNumber": False,
    }
    [deadline] = triton.deadlines_of_restructured
    assert 0 < deadline - time.time() <= Settings().request_timeout


@pytest.mark.parametrize(
    "name",
    [
        "mergeTables",
        "relevelTitles",
        "concatenatePages",
        "prettifyMarkdown",
        "showFormulaNumber",
        "returnMarkdownImages",
        "outputFormats",
        "logId",
    ],
)
def test_null_is_as_if_left_out(client: TestClient, triton: FakeTriton, name: str) -> None:
    pages = pages_to_join(client)
    plain = results_of(client.post("/restructure-pages", json={"pages": pages}))
    assert results_of(client.post("/restructure-pages", json={"pages": pages, name: None})) == plain
    assert triton.restructured[0] == triton.restructured[1]


@pytest.mark.parametrize("name", ["layoutShapeMode", "prettifyMarkdown", "returnMarkdownImages", "restructurePages"])
def test_null_is_as_if_left_out_of_a_reading(client: TestClient, triton: FakeTriton, name: str) -> None:
    plain = results_of(client.post("/layout-parsing", **as_json(PAGE)))
    assert results_of(client.post("/layout-parsing", **as_json(PAGE, **{name: None}))) == plain
    first, second = ({**told, "deadline": 0, "cancelKey": ""} for told in triton.options)
    assert first == second


def test_pages_are_made_one(client: TestClient) -> None:
    asked = {"pages": pages_to_join(client), "concatenatePages": True}
    [page] = results_of(client.post("/restructure-pages", json=asked))
    assert page["markdown"]["images"] == {"imgs/0.jpg": "QQ==", "imgs/1.jpg": "QQ=="}
    [page] = results_of(client.post("/restructure-pages", json={**asked, "returnMarkdownImages": False}))
    assert set(page["markdown"]) == {"text"}


def test_no_pages_are_no_error(client: TestClient) -> None:
    assert results_of(client.post("/restructure-pages", json={"pages": []})) == []


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"pages": 3},
        {"pages": [{}]},
        {"pages": [], "outputFormats": ["docx"]},
        {"pages": [{"prunedResult": {}}] * 4},
    ],
)
def test_wrong_pages_are_refused(start: Start, fields: dict[str, Any]) -> None:
    response = start(max_pages=3).post("/restructure-pages", json=fields)
    assert response.status_code == 422
    assert failure_of(response)


def test_what_is_wrong_with_a_page_is_told_with_its_place(client: TestClient) -> None:
    pages = [{"prunedResult": {}}, {"prunedResult": 1}]
    told = failure_of(client.post("/restructure-pages", json={"pages": pages}))
    assert told.startswith("pages.1.prunedResult: ")
    assert failure_of(client.post("/restructure-pages", json={})).startswith("pages: Field required")
    told = failure_of(client.post("/restructure-pages", json={"pages": [1]}))
    assert told.startswith("pages.0: ")


def test_openapi_tells_of_both(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for path, field in (("/layout-parsing", "layoutThreshold"), ("/restructure-pages", "concatenatePages")):
        assert paths[path]["post"]["tags"] == ["PaddleOCR"]
        body = paths[path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        assert field in body["properties"]
        assert "$ref" not in json.dumps(body)
