"""Whatever is sent, the answer is a success or a 4xx in the envelope, and the gateway lives on."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from gateway.app import create_app
from gateway.compat.mistral_requests import MistralRequest
from gateway.compat.paddle_jobs import JobRequest
from gateway.compat.paddlex_requests import LayoutParsingRequest, RestructureRequest
from gateway.compat.pp_ocr import PpOcrRequest
from gateway.options import Options
from gateway.schemas import OcrRequest
from gateway.settings import Settings

from .conftest import as_json, error_of
from .documents import A4, encoded, form_pdf, pdf, picture, tiff
from .fake_triton import FakeTriton

SEEDS = [
    encoded(picture(), "PNG"),
    encoded(picture(mode="P"), "PNG"),
    encoded(picture(), "JPEG"),
    encoded(picture(mode="CMYK"), "JPEG"),
    encoded(picture(), "WEBP"),
    encoded(picture(), "BMP"),
    tiff(picture(mode="1"), picture(), compression="tiff_lzw"),
    pdf(A4, (30, 40)),
    form_pdf(),
]


@pytest.fixture(scope="module")
def gateway() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(render_workers=1, render_timeout=10, url_fetch=False), FakeTriton())) as client:
        yield client


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
options = st.dictionaries(st.sampled_from([*Options.model_fields, "other"]), values, max_size=4)
names = st.sampled_from([*OcrRequest.model_fields, "other"])
bodies = st.dictionaries(names, values | options, max_size=5) | values


def check(response: Any) -> None:
    assert response.status_code < 500, response.text
    if response.status_code == 200:
        return
    # Requests to PP-OCR, told by their fields, are answered as its own server does.
    if set(response.json()) != {"logId", "errorCode", "errorMsg"}:
        error_of(response)


@given(bodies)
@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
def test_any_json(gateway: TestClient, body: object) -> None:
    if isinstance(body, dict):
        body.pop("timeout", None)
    check(gateway.post("/ocr", content=json.dumps(body), headers={"Content-Type": "application/json"}))


PAGE = base64.b64encode(SEEDS[0]).decode()
READ = {"model_settings": {}, "parsing_res_list": [{"block_content": ""}]}
OTHER_APIS: dict[str, tuple[type[BaseModel], dict[str, Any]]] = {
    "/layout-parsing": (LayoutParsingRequest, {"file": PAGE}),
    "/restructure-pages": (RestructureRequest, {"pages": [{"prunedResult": READ}]}),
    "/ocr": (PpOcrRequest, {"file": PAGE, "visualize": False}),
    "/v1/ocr": (MistralRequest, {"document": {"document_url": f"data:;base64,{PAGE}"}}),
    "/api/v2/ocr/jobs": (JobRequest, {"fileUrl": "http://a.example/", "model": "PaddleOCR-VL"}),
}
"""Paths that speak another server's API: what they take, and a body that is right."""
mistral_documents = st.dictionaries(st.sampled_from(["type", "document_url", "image_url", "file_id", "other"]), values)


@given(st.data())
@settings(deadline=None, max_examples=300, suppress_health_check=list(HealthCheck))
def test_any_json_of_other_apis(gateway: TestClient, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([*OTHER_APIS]))
    model, right = OTHER_APIS[path]
    fields = st.sampled_from([*model.model_fields, "other"])
    changes = data.draw(st.dictionaries(fields, values | options | mistral_documents, max_size=3))
    response = gateway.post(
        path, content=json.dumps({**right, **changes}), headers={"Content-Type": "application/json"}
    )
    assert response.status_code < 500, response.text


@given(
    st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=8), st.integers(0)
)
@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
def test_any_damage(gateway: TestClient, seed: bytes, changes: list[tuple[int, int]], cut: int) -> None:
    document = bytearray(seed)
    for place, value in changes:
        document[place % len(document)] = value
    check(gateway.post("/ocr", **as_json(bytes(document[: cut % len(document) or None]), dpi=36)))
    check(gateway.post("/ocr", **as_json(bytes(document), dpi=36)))


@given(
    st.binary(max_size=300), st.sampled_from(["application/json", "multipart/form-data; boundary=b", "text/plain", ""])
)
@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
def test_any_bytes(gateway: TestClient, body: bytes, content_type: str) -> None:
    check(gateway.post("/ocr", content=body, headers={"Content-Type": content_type}))
    framed = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n' + body + b"\r\n--b--\r\n"
    check(gateway.post("/ocr", content=framed, headers={"Content-Type": "multipart/form-data; boundary=b"}))


parts = st.dictionaries(
    names.filter(lambda name: name not in ("file", "timeout")),
    st.text(max_size=60) | values.map(json.dumps),
    max_size=4,
)


@given(parts, st.text(max_size=30), st.text(alphabet="abcxyz/*+;=q.,019", max_size=60))
@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
def test_any_form(gateway: TestClient, fields: dict[str, str], file_name: str, accept: str) -> None:
    document = ("file", (file_name, SEEDS[0]))
    sent = [document, *((name, (None, value.encode("utf-8", "replace"))) for name, value in fields.items())]
    check(gateway.post("/ocr", files=sent, headers={"Accept": accept}))
