"""Real documents through the whole product: gateway, Triton, engines."""

from __future__ import annotations

import base64
import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.scoring import Document, character_error_rate, read_corpus, word_f1
from tests.conftest import ROOT, SYNTH, png

SAMPLE = ROOT / "samples" / "sample.pdf"
DOCUMENTS = read_corpus(SYNTH)


def markdown(client, path: Path, **fields: str) -> str:
    files = {"file": (path.name, path.read_bytes())}
    return client.post("/ocr", files=files, data=fields, headers={"Accept": "text/markdown"}).raise_for_status().text


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_known_text_is_read(client, document: Document):
    read = markdown(client, document.path)
    assert word_f1(document.truth, read) > 0.97
    if document.in_order:
        assert character_error_rate(document.truth, read, casefold=document.casefold) < 0.02


def test_a_pdf_of_several_pages_is_one_document(client):
    answer = client.post("/ocr", files={"file": SAMPLE.read_bytes()}).raise_for_status().json()
    assert answer.keys() == {"id", "engine", "model", "markdown", "pages", "usage", "saved", "warnings", "errors"}
    assert [page["index"] for page in answer["pages"]] == list(range(len(answer["pages"])))
    assert len(answer["pages"]) > 1
    assert answer["usage"]["pages"] == len(answer["pages"])
    assert answer["usage"]["tokens"] > 100
    for page in answer["pages"]:
        assert page["markdown"] in answer["markdown"]
        for block in page["blocks"]:
            x1, y1, x2, y2 = block["bbox"]
            assert 0 <= x1 < x2 <= page["width"]
            assert 0 <= y1 < y2 <= page["height"]


def test_pages_can_be_chosen(client):
    answer = client.post("/ocr", files={"file": SAMPLE.read_bytes()}, data={"pages": "2"}).raise_for_status().json()
    assert [page["index"] for page in answer["pages"]] == [1]


def test_base64_data_uri_and_upload_give_the_same(client, page_image):
    encoded = base64.b64encode(page_image).decode()
    answers = [
        client.post("/ocr", json={"file": encoded}),
        client.post("/ocr", json={"file": f"data:image/png;base64,{encoded}"}),
        client.post("/ocr", files={"file": page_image}),
    ]
    assert len({answer.raise_for_status().json()["markdown"] for answer in answers}) == 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP"])
def test_every_image_format_is_read(client, page_image, kind):
    buffer = io.BytesIO()
    Image.open(io.BytesIO(page_image)).convert("RGB").save(buffer, kind)
    answer = client.post("/ocr", files={"file": buffer.getvalue()}).raise_for_status().json()
    assert word_f1(DOCUMENTS[0].truth, answer["markdown"]) > 0.97


def test_every_frame_of_a_tiff_is_a_page(client, page_image):
    frame = Image.open(io.BytesIO(page_image)).convert("1")
    buffer = io.BytesIO()
    frame.save(buffer, "TIFF", save_all=True, append_images=[frame, frame], compression="group4")
    answer = client.post("/ocr", files={"file": buffer.getvalue()}).raise_for_status().json()
    assert len(answer["pages"]) == 3
    assert len({page["markdown"] for page in answer["pages"]}) == 1


def test_black_text_on_nothing_is_read(client, page_image):
    alpha = Image.open(io.BytesIO(page_image)).convert("L").point(lambda value: 255 - value)
    ink = Image.new("RGBA", alpha.size, (0, 0, 0, 0))
    ink.putalpha(alpha)
    answer = client.post("/ocr", files={"file": png(ink)}).raise_for_status().json()
    assert word_f1(DOCUMENTS[0].truth, answer["markdown"]) > 0.97


def test_a_url_is_fetched(client):
    class Files(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/sample.pdf" else 404)
            self.end_headers()
            self.wfile.write(SAMPLE.read_bytes())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        found = client.post("/ocr", json={"url": f"{url}/sample.pdf", "pages": "1"})
        missing = client.post("/ocr", json={"url": f"{url}/other.pdf"})
        server.shutdown()
    assert found.raise_for_status().json()["markdown"]
    assert 400 <= missing.status_code < 500
    assert "404" in missing.json()["error"]["message"]


def test_a_result_is_kept_on_disk(client):
    answer = client.post("/ocr", files={"file": SAMPLE.read_bytes()}, data={"save": "true"}).raise_for_status().json()
    folder = Path(answer["saved"]["local"])
    assert answer["markdown"] in (folder / "document.md").read_text(encoding="utf-8")
    assert json.loads((folder / "result.json").read_text(encoding="utf-8"))["id"] == answer["id"]


@pytest.mark.parametrize(
    ("request_body", "status", "named"),
    [
        ({"files": {"file": b"not a document"}}, 415, "PDF"),
        ({"files": {"file": b""}}, 422, "empty"),
        ({"json": {"file": "@@@"}}, 422, "Base64"),
        ({"files": {"file": SAMPLE.read_bytes()[:2000]}}, 422, "PDF"),
        ({"files": {"file": SAMPLE.read_bytes()}, "data": {"pages": "9"}}, 422, "pages"),
        ({"files": {"file": SAMPLE.read_bytes()}, "data": {"pagess": "1"}}, 422, "pagess"),
        ({"files": {"file": SAMPLE.read_bytes()}, "data": {"options": '{"topK": 1}'}}, 422, "topK"),
        ({"files": {"file": SAMPLE.read_bytes()}, "data": {"options": '{"useChartRecognition": true}'}}, 422, "Chart"),
        ({"json": {}}, 422, "file"),
        ({"json": {"url": "ftp://example.org/a.pdf"}}, 422, "http"),
        ({"json": {"url": "http://169.254.169.254/latest"}}, 422, "URL_ALLOW"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(client, request_body, status, named):
    answer = client.post("/ocr", **request_body)
    error = answer.json()["error"]
    assert (answer.status_code, error.keys()) == (status, {"type", "code", "message", "param", "request_id"})
    assert named.lower() in f"{error['message']} {error['param']}".lower()


def test_one_bad_document_harms_no_other(client, page_image):
    bodies = [b"%PDF-1.7 broken" if place % 4 == 3 else page_image for place in range(12)]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda body: client.post("/ocr", files={"file": body}), bodies))
    assert [answer.status_code == 200 for answer in answers] == [place % 4 != 3 for place in range(12)]
    assert len({answer.json()["markdown"] for answer in answers if answer.status_code == 200}) == 1


def test_pages_of_many_clients_share_batches(client, stack, page_image):
    from benchmarks.running import mean_batches, metric_totals

    before = metric_totals(stack)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: client.post("/ocr", files={"file": page_image}).raise_for_status(), range(24)))
    batches = mean_batches(before, metric_totals(stack))
    assert batches["layout"] > 1.5
    assert batches["vlm"] > 1.5
