"""POST /ocr as its users see it, the whole gateway running and only Triton a fake."""

from __future__ import annotations

import asyncio
import base64
import io
import json

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from .conftest import Start, as_json
from .documents import A4, encoded, pdf, picture, tiff
from .fake_triton import FakeTriton

KINDS = {
    "png": encoded(picture(), "PNG"),
    "jpeg": encoded(picture(), "JPEG"),
    "webp": encoded(picture(), "WEBP"),
    "bmp": encoded(picture(), "BMP"),
    "tiff": tiff(picture(), picture()),
    "pdf": pdf(A4, A4),
}


def test_answers_exactly_what_is_promised(client: TestClient, triton: FakeTriton) -> None:
    triton.warnings = [{"type": "unread", "message": "a formula was left as a picture"}]
    triton.crops = {"imgs/img_in_image_box_1_2_3_4.jpg": b"\xff\xd8crop"}
    answer = client.post("/ocr", **as_json(KINDS["png"])).json()
    seconds = answer["usage"].pop("seconds")
    assert 0 < seconds < 60
    assert len(answer.pop("id")) == 32
    markdown = '120 x 80\n\n<img src="imgs/img_in_image_box_1_2_3_4.jpg">'
    assert answer == {
        "engine": "fake",
        "model": "fake 1",
        "markdown": markdown + "\n",
        "pages": [
            {
                "index": 0,
                "width": 120,
                "height": 80,
                "markdown": markdown,
                "blocks": [{"label": "text", "bbox": [0, 0, 120, 80], "content": "120 x 80", "order": 1, "score": 0.9}],
                "images": {"imgs/img_in_image_box_1_2_3_4.jpg": base64.b64encode(b"\xff\xd8crop").decode()},
                "image": None,
            }
        ],
        "usage": {"pages": 1, "tokens": 7},
        "saved": {"local": None, "s3": None},
        "warnings": [{"page": 0, "type": "unread", "message": "a formula was left as a picture"}],
        "errors": [],
    }


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_itself_comes_where_it_is_asked_for(client: TestClient, kind: str, triton: FakeTriton) -> None:
    answer = client.post("/ocr", **as_json(KINDS[kind], page_images=True, dpi=36)).json()
    uris = [page["image"].split(",") for page in answer["pages"]]
    assert all(head.startswith("data:image/") for head, _ in uris)
    assert sorted(base64.b64decode(data) for _, data in uris) == sorted(triton.pages)


@pytest.mark.parametrize("kind", KINDS)
def test_json_data_uri_and_multipart_say_the_same(client: TestClient, kind: str) -> None:
    document = KINDS[kind]
    text = base64.b64encode(document).decode()
    options = {"maxNewTokens": 64, "restructurePages": False}
    answers = [
        client.post("/ocr", json={"file": text, "pages": "1", "dpi": 72, "options": options}),
        client.post("/ocr", json={"file": f"data:x/y;base64,{text}", "pages": "1", "dpi": 72, "options": options}),
        client.post(
            "/ocr",
            files={"file": ("misleading.txt", document, "text/plain")},
            data={"pages": "1", "dpi": "72", "options": json.dumps(options), "save": "false", "timeout": "60"},
        ),
    ]
    assert [answer.status_code for answer in answers] == [200] * 3
    pages = [answer.json()["pages"] for answer in answers]
    assert pages[0] == pages[1] == pages[2]
    assert len(pages[0]) == 1


def test_markdown_alone_when_it_is_preferred(client: TestClient, triton: FakeTriton) -> None:
    triton.warnings = [{"type": "unread", "message": "…"}]
    answer = client.post("/ocr", **as_json(KINDS["png"]), headers={"Accept": "text/markdown"})
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.text == "120 x 80\n"
    assert answer.headers["x-warnings"] == "1"


def test_options_and_deadline_reach_the_engine(client: TestClient, triton: FakeTriton) -> None:
    options = {"useLayoutDetection": False, "promptLabel": "table", "layoutThreshold": {"1": 0.5}, "mergeTables": False}
    assert client.post("/ocr", **as_json(KINDS["png"], options=options, timeout=50)).status_code == 200
    told = triton.options[0]
    deadline, _ = told.pop("deadline"), told.pop("cancelKey")
    assert told == {"useLayoutDetection": False, "promptLabel": "table", "layoutThreshold": {"1": 0.5}}
    assert isinstance(deadline, float)


def test_pages_come_back_in_order_whatever_order_they_are_read_in(start: Start, triton: FakeTriton) -> None:
    async def first_ones_last(number: int) -> None:
        await asyncio.sleep(0.05 * (6 - number))

    triton.on_page = first_ones_last
    sizes = [(100.0 + 72 * i, 144.0) for i in range(6)]
    answer = start(pages_in_flight=6).post("/ocr", **as_json(pdf(*sizes), dpi=72)).json()
    assert [page["index"] for page in answer["pages"]] == list(range(6))
    assert [page["width"] for page in answer["pages"]] == [100 + 72 * i for i in range(6)]
    assert triton.most_in_flight > 1


def test_chosen_pages_keep_their_index(client: TestClient) -> None:
    answer = client.post("/ocr", **as_json(pdf(*[A4] * 5), dpi=36, pages="2,4-5")).json()
    assert [page["index"] for page in answer["pages"]] == [1, 3, 4]
    assert answer["usage"]["pages"] == 3


def test_documents_of_many_pages_are_restructured(client: TestClient, triton: FakeTriton) -> None:
    answer = client.post("/ocr", **as_json(KINDS["pdf"], dpi=36, options={"showFormulaNumber": True})).json()
    assert triton.restructured == [{"pages": 2, "mergeTables": True, "relevelTitles": True, "showFormulaNumber": True}]
    assert answer["markdown"] == "# 298 x 421\n\n# 298 x 421\n"


@pytest.mark.parametrize(
    ("options", "calls"),
    [
        ({"restructurePages": False}, []),
        ({"mergeTables": False}, [{"pages": 2, "mergeTables": False, "relevelTitles": True}]),
        ({"relevelTitles": False}, [{"pages": 2, "mergeTables": True, "relevelTitles": False}]),
    ],
)
def test_restructuring_can_be_switched_off(
    client: TestClient, triton: FakeTriton, options: dict[str, bool], calls: list[object]
) -> None:
    client.post("/ocr", **as_json(KINDS["pdf"], dpi=36, options=options))
    assert triton.restructured == calls


def test_tables_are_joined_only_between_pages_that_follow_each_other(client: TestClient, triton: FakeTriton) -> None:
    client.post("/ocr", **as_json(pdf(*[A4] * 6), dpi=36, pages="1-2,4,6"))
    assert triton.restructured == [
        {"pages": 2, "mergeTables": True, "relevelTitles": False},
        {"pages": 4, "mergeTables": False, "relevelTitles": True},
    ]


def test_pictures_of_two_pages_never_share_a_name(client: TestClient, triton: FakeTriton) -> None:
    triton.crops = {"imgs/logo.jpg": b"\xff\xd8logo"}
    answer = client.post("/ocr", **as_json(KINDS["pdf"], dpi=36)).json()
    assert [list(page["images"]) for page in answer["pages"]] == [["imgs/logo.jpg"], ["imgs/logo_p1.jpg"]]
    assert 'src="imgs/logo_p1.jpg"' in answer["pages"][1]["markdown"]
    assert answer["markdown"].count('src="imgs/logo.jpg"') == 1


def test_an_image_that_needs_nothing_goes_to_triton_as_it_is(client: TestClient, triton: FakeTriton) -> None:
    for kind in ("png", "jpeg"):
        client.post("/ocr", **as_json(KINDS[kind]))
    assert triton.pages == [KINDS[kind] for kind in ("png", "jpeg")]


def test_the_resolution_is_the_requests_or_the_settings(start: Start, triton: FakeTriton) -> None:
    client = start(pdf_dpi=100)
    client.post("/ocr", **as_json(pdf((72, 144))))
    client.post("/ocr", **as_json(pdf((72, 144)), dpi=50))
    assert [Image.open(io.BytesIO(page)).size for page in triton.pages] == [(100, 200), (50, 100)]


def test_the_request_id_is_the_clients_or_a_new_one(client: TestClient) -> None:
    assert client.get("/livez", headers={"X-Request-Id": "abc-1"}).headers["x-request-id"] == "abc-1"
    made = client.get("/livez", headers={"X-Request-Id": "bad id\u00e9".encode("latin-1")}).headers["x-request-id"]
    assert len(made) == 32
