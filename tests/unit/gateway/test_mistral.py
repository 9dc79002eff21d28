"""POST /v1/ocr: Mistral's OCR API over the same readings as POST /ocr."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tritonclient.utils import InferenceServerException

from gateway.compat.html_tables import as_markdown, cells

from .conftest import Start
from .documents import encoded, pdf, picture, tiff
from .fake_triton import FakeTriton

LARGE = "imgs/img_in_image_box_10_20_110_70.jpg"
SMALL = "imgs/img_in_chart_box_1_2_21_12.jpg"
TABLE = "<table><tr><td>a</td><td>b</td></tr></table>"
AS_MARKDOWN = "| a | b |\n| --- | --- |"


def block(label: str, content: str, *box: int) -> dict[str, Any]:
    return {"block_label": label, "block_content": content, "block_bbox": list(box), "block_order": None}


@pytest.fixture
def illustrated(triton: FakeTriton) -> FakeTriton:
    """A page with a header, two pictures, a table and a footer."""
    triton.crops = {LARGE: b"large", SMALL: b"small"}
    triton.markdown = f"# Title\n\n![]({LARGE})\n\n{TABLE}\n\n![]({SMALL})\n"
    triton.blocks = [
        block("header", "The head", 0, 0, 90, 5),
        block("doc_title", "Title", 0, 6, 90, 12),
        block("image", "", 10, 20, 110, 70),
        block("table", TABLE, 0, 71, 90, 75),
        block("chart", "", 1, 2, 21, 12),
        block("footer", "The foot", 0, 76, 80, 78),
        block("number", "7", 85, 76, 90, 78),
    ]
    return triton


def data_uri(document: bytes) -> str:
    return f"data:application/octet-stream;base64,{base64.b64encode(document).decode()}"


def asked(data: bytes | None = None, **fields: Any) -> dict[str, Any]:
    content = {"type": "document_url", "document_url": data_uri(data or encoded(picture()))}
    return {"json": {"model": "mistral-ocr-latest", "document": content, **fields}}


def pages_of(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    pages: list[dict[str, Any]] = response.json()["pages"]
    return pages


def error_of(response: Any) -> dict[str, Any]:
    body: dict[str, Any] = response.json()
    assert set(body) - {"detail"} == {"object", "type", "code", "message", "param", "request_id"}
    assert body["object"] == "error"
    return body


def test_answers_exactly_what_is_promised(client: TestClient, illustrated: FakeTriton) -> None:
    document = encoded(picture())
    response = client.post("/v1/ocr", **asked(document, include_blocks=False))
    place = {"top_left_x": 10, "top_left_y": 20, "bottom_right_x": 110, "bottom_right_y": 70}
    other = {"top_left_x": 1, "top_left_y": 2, "bottom_right_x": 21, "bottom_right_y": 12}
    nothing = {"image_base64": None, "image_annotation": None}
    assert response.json() == {
        "pages": [
            {
                "index": 0,
                "markdown": f"# Title\n\n![img-0.jpeg](img-0.jpeg)\n\n{TABLE}\n\n![img-1.jpeg](img-1.jpeg)",
                "images": [{"id": "img-0.jpeg", **place, **nothing}, {"id": "img-1.jpeg", **other, **nothing}],
                "tables": [],
                "header": None,
                "footer": None,
                "dimensions": {"dpi": 72, "height": 80, "width": 120},
            }
        ],
        "model": "fake 1",
        "document_annotation": None,
        "usage_info": {"pages_processed": 1, "doc_size_bytes": len(document)},
    }
    [told] = illustrated.options
    assert (told["prettifyMarkdown"], told["markdownIgnoreLabels"]) == (False, [])


@pytest.mark.parametrize(
    "document",
    [
        {"type": "document_url", "document_url": data_uri(encoded(picture())), "document_name": "a.png"},
        {"document_url": data_uri(encoded(picture()))},
        {"type": "image_url", "image_url": data_uri(encoded(picture()))},
        {"type": "image_url", "image_url": {"url": data_uri(encoded(picture())), "detail": "high"}},
    ],
)
def test_every_form_of_a_document(client: TestClient, document: dict[str, Any]) -> None:
    [page] = pages_of(client.post("/v1/ocr", json={"model": None, "document": document}))
    assert page["markdown"] == "120 x 80"


def test_addresses_go_by_the_same_rules_as_elsewhere(client: TestClient) -> None:
    document = {"type": "document_url", "document_url": "http://127.0.0.1/a.pdf"}
    error = error_of(client.post("/v1/ocr", json={"model": "m", "document": document}))
    assert (error["code"], error["param"]) == ("url_refused", "document")
    assert error["message"].startswith("document: 127.0.0.1 ")
    assert "internal" in error["message"]
    assert error["detail"][0]["loc"] == ["body", "document"]


def test_what_is_no_document_is_told_of_the_field_that_holds_it(client: TestClient) -> None:
    error = error_of(client.post("/v1/ocr", json={"document": {"document_url": "data:;base64,!"}}))
    assert (error["code"], error["param"]) == ("bad_base64", "document")
    assert error["message"].startswith("document is not Base64")


@pytest.mark.parametrize("pages", [[0, 2, 3], [3, 2, 0, 0], "0,2-3", " 0 , 2 - 3 "])
def test_pages_are_counted_from_0(client: TestClient, pages: Any) -> None:
    document = pdf(*[(72.0 * (place + 1), 72.0) for place in range(5)])
    found = pages_of(client.post("/v1/ocr", **asked(document, pages=pages)))
    assert [page["index"] for page in found] == [0, 2, 3]
    assert [page["dimensions"]["width"] for page in found] == [200, 600, 800]
    assert {page["dimensions"]["dpi"] for page in found} == {200}


@pytest.mark.parametrize("pages", ["", "x", "-1", "1-", [-1], [], {}, "2-1", [9]])
def test_pages_that_are_none_are_refused(client: TestClient, pages: Any) -> None:
    error = error_of(client.post("/v1/ocr", **asked(pages=pages)))
    assert error["param"] == "pages"
    assert error["detail"][0]["loc"] == ["body", "pages"]


@pytest.mark.parametrize(
    ("pages", "told"),
    [
        ("4-2", 'pages: "4-2": it ends before it begins; write pages, counted from 0'),
        ("1,x", 'pages: "x": it is no page or range; write pages, counted from 0'),
        ([1], "pages asks for page 1 (counted from 0), but the document has 1 page"),
        ("0-3", "pages asks for page 3 (counted from 0), but the document has 1 page"),
        ([0, -1], "pages: Input should be greater than or equal to 0"),
        (["x"], "pages: Input should be a valid integer"),
        (["9" * 4000], "pages: Input should be less than 1000000000"),
        ([0] * 10_001, "pages: List should have at most 10000 items"),
        ("0," * 5001, "pages: String should have at most 10000 characters"),
    ],
)
def test_what_is_wrong_with_pages_is_told_as_the_client_counts(client: TestClient, pages: Any, told: str) -> None:
    response = client.post("/v1/ocr", **asked(pages=pages))
    assert response.status_code == 422
    error = error_of(response)
    assert error["message"].startswith(told)
    assert error["param"] == "pages"


@pytest.mark.parametrize("pages", [list(range(0, 300, 2)), list(range(0, 20_000, 2))])
def test_many_single_pages_are_as_good_as_ranges(client: TestClient, pages: list[int]) -> None:
    told = error_of(client.post("/v1/ocr", **asked(pdf(*[(72, 72)] * 3), pages=pages)))["message"]
    assert told == "pages asks for page 4 (counted from 0), but the document has 3 pages"


def test_a_page_that_fails_is_named_as_the_client_counts(client: TestClient, triton: FakeTriton) -> None:
    document = tiff(picture(), picture((60, 50)))
    triton.failures["ocr"] = InferenceServerException("[engine_failure] it broke")
    message = error_of(client.post("/v1/ocr", **asked(document, pages=[1])))["message"]
    assert message == "page 1 (counted from 0): it broke"


def test_pictures_come_where_they_are_asked_for(client: TestClient, illustrated: FakeTriton) -> None:
    [page] = pages_of(client.post("/v1/ocr", **asked(include_image_base64=True)))
    sent = [base64.b64decode(image["image_base64"].removeprefix("data:image/jpeg;base64,")) for image in page["images"]]
    assert sent == [b"large", b"small"]


@pytest.mark.parametrize(
    ("limit", "ids"), [({"image_limit": 1}, 1), ({"image_limit": 0}, 0), ({"image_min_size": 11}, 1)]
)
def test_pictures_that_are_not_wanted_are_nowhere(
    client: TestClient, illustrated: FakeTriton, limit: dict[str, int], ids: int
) -> None:
    [page] = pages_of(client.post("/v1/ocr", **asked(include_blocks=True, **limit)))
    assert [image["id"] for image in page["images"]] == ["img-0.jpeg"][:ids]
    assert page["markdown"].count("![") == ids
    assert "imgs/" not in json.dumps(page)
    assert [block["image_id"] for block in page["blocks"] if block["type"] == "image"] == ["img-0.jpeg"][:ids]


def test_pictures_are_numbered_over_the_document(client: TestClient, illustrated: FakeTriton) -> None:
    pages = pages_of(client.post("/v1/ocr", **asked(pdf((72, 72), (72, 72)), table_format="html", image_limit=3)))
    assert [[image["id"] for image in page["images"]] for page in pages] == [
        ["img-0.jpeg", "img-1.jpeg"],
        ["img-2.jpeg"],
    ]
    assert [page["tables"][0]["id"] for page in pages] == ["tbl-0.html", "tbl-1.html"]


@pytest.mark.parametrize(
    ("wanted", "name", "content"), [("html", "tbl-0.html", TABLE), ("markdown", "tbl-0.md", AS_MARKDOWN)]
)
def test_tables_come_apart(client: TestClient, illustrated: FakeTriton, wanted: str, name: str, content: str) -> None:
    [page] = pages_of(client.post("/v1/ocr", **asked(table_format=wanted, include_blocks=True)))
    assert page["tables"] == [{"id": name, "content": content, "format": wanted}]
    assert f"\n\n[{name}]({name})\n\n" in page["markdown"]
    [told] = [block for block in page["blocks"] if block["type"] == "table"]
    assert (told["table_id"], told["content"]) == (name, content)


def test_header_and_footer_come_apart(client: TestClient, illustrated: FakeTriton) -> None:
    [page] = pages_of(client.post("/v1/ocr", **asked(extract_header=True, extract_footer=True)))
    assert (page["header"], page["footer"]) == ("The head", "The foot\n7")
    left_out = ["header", "header_image", "footer", "footer_image", "number"]
    assert illustrated.options[0]["markdownIgnoreLabels"] == left_out
    [page] = pages_of(client.post("/v1/ocr", **asked(extract_header=True)))
    assert (page["header"], page["footer"]) == ("The head", None)
    assert illustrated.options[1]["markdownIgnoreLabels"] == ["header", "header_image"]


@pytest.mark.parametrize("fields", [{}, {"include_blocks": True}, {"include_blocks": None}])
def test_blocks_come_unless_they_are_not_wanted(client: TestClient, fields: dict[str, Any]) -> None:
    assert "blocks" in pages_of(client.post("/v1/ocr", **asked(**fields)))[0]
    assert "blocks" not in pages_of(client.post("/v1/ocr", **asked(include_blocks=False)))[0]


def test_blocks_have_types_and_places(client: TestClient, illustrated: FakeTriton) -> None:
    [page] = pages_of(client.post("/v1/ocr", **asked(include_blocks=True)))
    assert [block["type"] for block in page["blocks"]] == [
        "header",
        "title",
        "image",
        "table",
        "image",
        "footer",
        "footer",
    ]
    assert page["blocks"][1] == {
        "type": "title",
        "top_left_x": 0,
        "top_left_y": 6,
        "bottom_right_x": 90,
        "bottom_right_y": 12,
        "content": "Title",
    }


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"document_annotation_format": {"type": "json_schema"}}, "document_annotation_format"),
        ({"bbox_annotation_format": {"type": "json_schema"}}, "bbox_annotation_format"),
        ({"document_annotation_prompt": "What is it?"}, "document_annotation_prompt"),
        ({"confidence_scores_granularity": "page"}, "confidence_scores_granularity"),
        ({"document": {"type": "file", "file_id": "1"}}, "document"),
        ({"document": {"type": "file"}}, "document.file_id"),
        ({"document": {"type": "document_url"}}, "document.document_url"),
        ({"document": {"document_url": 5}}, "document.document_url"),
        ({"document": {"document_url": "a", "pages": 1}}, "document.pages"),
        ({"document": {"type": "image_url", "document_url": "a"}}, "document.image_url"),
        ({"document": {"image_url": 5}}, "document.image_url"),
        ({"document": {"image_url": {"detail": "high"}}}, "document.image_url.url"),
        ({"document": {"image_url": {"url": "a", "size": 1}}}, "document.image_url.size"),
        ({"document": {"type": "text"}}, "document"),
        ({"document": {"type": 5}}, "document"),
        ({"document": {}}, "document"),
        ({"document": "https://a.example/"}, "document"),
        ({"document": None}, "document"),
        ({"url": "https://a.example/"}, "url"),
        ({"table_format": "csv"}, "table_format"),
        ({"extract_hyperlinks": True}, "extract_hyperlinks"),
    ],
)
def test_what_can_not_be_given_is_refused(client: TestClient, fields: dict[str, Any], param: str) -> None:
    response = client.post("/v1/ocr", **asked(**fields))
    assert response.status_code == 422
    error = error_of(response)
    assert error["param"] == param
    [detail] = error["detail"]
    assert detail == {"loc": ["body", *param.split(".")], "msg": error["message"], "type": error["code"]}


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"document_url": "a", "pages": 1}, "there is no field pages; there are type, document_url, document_name"),
        ({"type": "document_url"}, "document.document_url: Field required"),
        ({"image_url": 5}, "document.image_url: Input should be a valid string"),
        ({"image_url": {}}, "document.image_url.url: Field required"),
        (
            {"type": "text"},
            "document: neither its type nor its fields tell which it is. It is: document_url or image_url",
        ),
    ],
)
def test_what_is_wrong_with_a_document_is_told_of_its_own_kind(
    client: TestClient, document: dict[str, Any], told: str
) -> None:
    assert error_of(client.post("/v1/ocr", **asked(document=document)))["message"].startswith(told)


def test_errors_without_fields_have_no_detail(start: Start) -> None:
    error = error_of(start(max_upload_bytes=10).post("/v1/ocr", **asked(b"\x89PNG\r\n\x1a\n" * 9)))
    assert error["code"] == "body_too_large"
    assert "detail" not in error


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("<table></table>", []),
        (TABLE, [["a", "b"]]),
        ("<table><tr><th>a</th></tr><tr><td>b</td><td>c</td></tr></table>", [["a", ""], ["b", "c"]]),
        (
            '<table><tr><td rowspan="2">a</td><td colspan="2">b</td></tr><tr><td>c</td><td>d</td></tr></table>',
            [["a", "b", ""], ["", "c", "d"]],
        ),
        ('<table><tr><td rowspan="9" colspan="0">a</td></tr></table>', [["a"]]),
        ("<table><td>a\n b &amp; <b>c</b><br></td></table>", [["a b &amp; <b>c</b><br>"]]),
    ],
)
def test_tables_are_read_into_cells(table: str, rows: list[list[str]]) -> None:
    assert cells(table) == rows


def test_tables_are_written_as_markdown() -> None:
    assert as_markdown("<table><tr><td>a|b</td></tr><tr><td>c</td></tr></table>") == "| a\\|b |\n| --- |\n| c |"
    assert as_markdown("<table></table>") == ""


def test_openapi_tells_of_it(client: TestClient) -> None:
    described = client.get("/openapi.json").json()["paths"]["/v1/ocr"]["post"]
    assert described["tags"] == ["Mistral"]
    assert "table_format" in described["requestBody"]["content"]["application/json"]["schema"]["properties"]
