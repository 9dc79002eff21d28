"""Everything that is refused: the status, the code, the field at fault, and a message that helps."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tritonclient.utils import InferenceServerException

from tests.waiting import until

from .conftest import Start, as_json, error_of
from .documents import A4, encoded, encrypted_pdf, pdf, pdf_without_pages, picture, tiff
from .fake_triton import FakeTriton

PNG = encoded(picture())

# What is sent, then status, code, param, and a part of the message.
FILES: dict[str, tuple[bytes, int, str, str | None, str]] = {
    "empty": (b"", 422, "empty_file", "file", "empty"),
    "text": (b"hello", 415, "unsupported_file", "file", "PDF nor JPEG"),
    "gif": (b"GIF89a" + bytes(20), 415, "unsupported_file", "file", "PDF nor JPEG"),
    "encrypted pdf": (encrypted_pdf(), 422, "encrypted_pdf", "file", "encrypted"),
    "broken pdf": (b"%PDF-1.7\nnonsense", 422, "bad_pdf", "file", "can't be opened"),
    "truncated pdf": (pdf(A4, A4)[:300], 422, "bad_pdf", "file", "can't be opened"),
    "pdf without pages": (pdf_without_pages(), 422, "bad_pdf", "file", "without pages"),
    "truncated png": (PNG[:-30], 422, "bad_image", None, "cut short"),
    "truncated jpeg": (encoded(picture((400, 300)), "JPEG")[:900], 422, "bad_image", None, "cut short"),
    "truncated webp": (encoded(picture((400, 300)), "WEBP")[:60], 422, "bad_image", None, "cut short"),
    "truncated bmp": (encoded(picture(), "BMP")[:500], 422, "bad_image", None, "cut short"),
    "truncated tiff": (tiff(picture())[:400], 422, "bad_image", None, "cut short"),
    "nothing but a png's head": (PNG[:8], 422, "bad_image", None, "cut short"),
    "one pixel": (encoded(picture((1, 1))), 422, "bad_image", None, "1 x 1"),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("how", ["json", "multipart"])
def test_files(client: TestClient, name: str, how: str) -> None:
    document, status, code, param, part = FILES[name]
    sent: dict[str, Any] = as_json(document) if how == "json" else {"files": {"file": ("x", document)}}
    response = client.post("/ocr", **sent)
    error = error_of(response)
    assert (response.status_code, error["code"], error["param"]) == (status, code, param)
    assert part in error["message"]


FIELDS: list[tuple[dict[str, Any], int, str, str | None, str]] = [
    ({}, 422, "invalid_field", "file", "as a file, or by its address"),
    ({"url": "http://example.org/"}, 422, "invalid_field", "url", "not both"),
    ({"language": "ru"}, 422, "unknown_field", "language", "pages, dpi, save, s3, options"),
    ({"options": {"visualize": True}}, 422, "unknown_field", "options.visualize", "useLayoutDetection"),
    ({"options": {"topP": 2}}, 422, "invalid_field", "options.topP", "less than or equal to 1"),
    ({"options": {"promptLabel": "poem"}}, 422, "invalid_field", "options.promptLabel", "'ocr'"),
    ({"options": []}, 422, "invalid_field", "options", "options"),
    ({"pages": "1-3"}, 422, "pages_outside", "pages", "the document has 1 page"),
    ({"pages": "x"}, 422, "invalid_field", "pages", "1-3,7"),
    ({"pages": "1," * 600 + "1"}, 422, "invalid_field", "pages", "1000 characters"),
    ({"dpi": 5}, 422, "invalid_field", "dpi", "36"),
    ({"dpi": "high"}, 422, "invalid_field", "dpi", "integer"),
    ({"save": "perhaps"}, 422, "invalid_field", "save", "boolean"),
    ({"s3": True}, 422, "not_configured", "s3", "S3_ENDPOINT, S3_BUCKET"),
    ({"s3": "elsewhere"}, 422, "invalid_field", "s3", "presigned"),
    ({"timeout": 0}, 422, "invalid_field", "timeout", "greater than 0"),
    ({"timeout": 1e-6}, 504, "deadline_exceeded", None, "REQUEST_TIMEOUT"),
]


@pytest.mark.parametrize(("fields", "status", "code", "param", "part"), FIELDS)
def test_fields(
    client: TestClient, fields: dict[str, Any], status: int, code: str, param: str | None, part: str
) -> None:
    sent = {"json": {}} if not fields else as_json(PNG, **fields)
    response = client.post("/ocr", **sent)
    error = error_of(response)
    assert (response.status_code, error["code"], error["param"]) == (status, code, param)
    assert part in error["message"]


BODIES: list[tuple[bytes, str, int, str]] = [
    (b"{", "application/json", 400, "malformed_body"),
    (b"[]", "application/json", 400, "malformed_body"),
    (b"\xff\xfe", "application/json", 400, "malformed_body"),
    (b'{"options": ' + b'{"vlmExtraArgs": ' * 30 + b"1" + b"}" * 31, "application/json", 400, "malformed_body"),
    (b"[" * 100_000, "application/json", 400, "malformed_body"),
    (b"file=x", "application/x-www-form-urlencoded", 415, "unsupported_body"),
    (PNG, "image/png", 415, "unsupported_body"),
    (b"nothing", "multipart/form-data", 400, "malformed_body"),
    (b"--b\r\nnonsense", "multipart/form-data; boundary=b", 400, "malformed_body"),
]


@pytest.mark.parametrize(("body", "content_type", "status", "code"), BODIES)
def test_bodies(client: TestClient, body: bytes, content_type: str, status: int, code: str) -> None:
    response = client.post("/ocr", content=body, headers={"Content-Type": content_type})
    assert (response.status_code, error_of(response)["code"]) == (status, code)


FORMS: list[tuple[list[tuple[str, Any]], dict[str, str], str | None, str]] = [
    ([("file", ("a", PNG)), ("file", ("b", PNG))], {}, None, "Too many files"),
    ([("other", ("a", PNG))], {}, "other", "only file may be one"),
    ([], {"file": "text"}, "file", "curl -F file=@page.pdf"),
    ([("file", ("a", PNG))], {"options": "{"}, "options", "not JSON"),
    ([("file", ("a", PNG))], {"options": "7"}, "options", "JSON object"),
    ([("file", ("a", PNG))], {"url": "http://example.org/"}, "url", "not both"),
    ([("file", ("a", PNG))], {"colour": "red"}, "colour", "there is no field colour"),
]


@pytest.mark.parametrize(("files", "data", "param", "part"), FORMS)
def test_forms(
    client: TestClient, files: list[tuple[str, Any]], data: dict[str, str], param: str | None, part: str
) -> None:
    # A part without a file name makes httpx send multipart where there is no file.
    sent = [*files, *((name, (None, value)) for name, value in data.items())]
    response = client.post("/ocr", files=sent)
    error = error_of(response)
    assert response.status_code in (400, 422)
    assert error["param"] == param
    assert part in error["message"]


def test_a_refusal_never_repeats_the_document(client: TestClient) -> None:
    for sent in ({"json": {"file": ["SECRET"]}}, {"json": {"file": "SECRET!"}}, {"json": {"options": "SECRET"}}):
        assert "SECRET" not in client.post("/ocr", **sent).text


@pytest.mark.parametrize(
    "body", ['{"pages": ?}', "{?: 1}", '{"url": ?}', '{"file": ?}', '{"options": {"markdownIgnoreLabels": [?]}}']
)
@pytest.mark.parametrize("path", ["/ocr", "/jobs", "/layout-parsing", "/restructure-pages", "/v1/ocr"])
def test_half_a_surrogate_pair_is_no_json(client: TestClient, path: str, body: str) -> None:
    for half in (b'"\\ud800"', b'"\xed\xa0\x80"'):
        content = body.encode().replace(b"?", half)
        response = client.post(path, content=content, headers={"Content-Type": "application/json"})
        assert response.status_code == 400
        assert "surrogate" in response.text


def test_a_whole_surrogate_pair_is_a_character(client: TestClient) -> None:
    response = client.post("/ocr", **as_json(PNG, options={"markdownIgnoreLabels": ["\U0001f600"]}))
    assert response.status_code == 200


@pytest.mark.parametrize("charset", ["undefined", "punycode", "unicode_escape", "utf-16", "idna", "nobody-knows", ""])
def test_multipart_in_another_encoding_is_refused(client: TestClient, charset: str) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="pages"\r\n\r\n\xff\\ud800\r\n--b--\r\n'
    headers = {"Content-Type": f'multipart/form-data; boundary=b; charset="{charset}"'}
    response = client.post("/ocr", content=body, headers=headers)
    assert response.status_code == 400
    assert error_of(response)["code"] == "malformed_body"


def test_multipart_may_say_that_it_is_utf_8(client: TestClient) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + PNG + b"\r\n--b--\r\n"
    for charset in ("utf-8", "UTF-8", "utf8"):
        headers = {"Content-Type": f"multipart/form-data; boundary=b; charset={charset}"}
        assert client.post("/ocr", content=part, headers=headers).status_code == 200


def test_unknown_paths_and_methods_have_the_envelope(client: TestClient) -> None:
    assert error_of(client.get("/nope"))["code"] == "not_found"
    response = client.get("/ocr")
    assert (response.status_code, error_of(response)["code"]) == (405, "method_not_allowed")
    assert response.headers["allow"] == "POST"


LARGE_FIELDS: list[dict[str, Any]] = [
    {"options": {"markdownIgnoreLabels": ["a" * 2_000_000]}},
    {"options": {"markdownIgnoreLabels": ["a" * 100] * 12_000}},
    {"options": {"vlmExtraArgs": {"a" * 2_000_000: 1}}},
    {"options": {"layoutThreshold": {str(number): 0.5 for number in range(200_000)}}},
    {"options": {"ifAble": ["useDocUnwarping"] * 80_000}},
]


@pytest.mark.parametrize("fields", LARGE_FIELDS)
@pytest.mark.parametrize("path", ["/ocr", "/layout-parsing", "/jobs"])
def test_only_the_document_may_be_large(client: TestClient, path: str, fields: dict[str, Any]) -> None:
    asked = fields if path != "/layout-parsing" else fields["options"]
    response = client.post(path, **as_json(PNG, **asked))
    assert response.status_code == 413
    assert "beside the document" in response.text


def test_fields_of_a_form_are_bounded_together(client: TestClient) -> None:
    options = json.dumps({"markdownIgnoreLabels": ["a" * 700_000]})
    data = {"options": options, "pages": "1" * 700_000}
    response = client.post("/ocr", files={"file": ("a", PNG)}, data=data)
    assert response.status_code == 413
    assert "beside the document" in error_of(response)["message"]


@pytest.mark.parametrize("item", [b"{}", b"[]", b"0", b'{"":0}'])
@pytest.mark.parametrize("path", ["/ocr", "/layout-parsing", "/restructure-pages", "/v1/ocr", "/jobs"])
def test_more_values_than_anybody_needs_are_refused_unread(client: TestClient, path: str, item: bytes) -> None:
    content = b'{"pages": [' + b",".join([item] * 4_300_000) + b"]}"
    response = client.post(path, content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == 413
    assert "values" in response.text


class TestLimits:
    """Each names the setting that raises it."""

    def test_announced_bytes(self, start: Start) -> None:
        response = start(max_upload_bytes=1000).post("/ocr", content=b"x", headers={"Content-Length": "9999999"})
        assert response.status_code in (413, 415)

    @pytest.mark.parametrize("how", ["json", "multipart"])
    def test_bytes(self, start: Start, how: str) -> None:
        document = b"%PDF-" + bytes(3_000_000)
        sent: dict[str, Any] = as_json(document) if how == "json" else {"files": {"file": ("x", document)}}
        self.check(start(max_upload_bytes=1000).post("/ocr", **sent), 413, "MAX_UPLOAD_BYTES")
        self.check(start(max_upload_bytes=2_900_000).post("/ocr", **sent), 413, "MAX_UPLOAD_BYTES")

    def test_bytes_of_a_body_that_announces_none(self, start: Start) -> None:
        def chunks() -> Iterator[bytes]:
            for _ in range(40):
                yield bytes(100_000)

        headers = {"Content-Type": "application/json"}
        self.check(
            start(max_upload_bytes=1000).post("/ocr", content=chunks(), headers=headers), 413, "MAX_UPLOAD_BYTES"
        )

    def test_pages(self, start: Start, triton: FakeTriton) -> None:
        client = start(max_pages=2)
        self.check(client.post("/ocr", **as_json(pdf(A4, A4, A4), dpi=36)), 422, "MAX_PAGES")
        assert triton.count == 0
        assert client.post("/ocr", **as_json(pdf(A4, A4, A4), dpi=36, pages="2-3")).status_code == 200

    def test_pixels_of_an_image(self, start: Start) -> None:
        client = start(max_page_pixels=10_000)
        for kind in ("PNG", "JPEG", "WEBP", "BMP", "TIFF"):
            self.check(client.post("/ocr", **as_json(encoded(picture((101, 100)), kind))), 422, "MAX_PAGE_PIXELS")

    def test_pixels_announced_by_a_bomb(self, client: TestClient) -> None:
        bomb = bytearray(encoded(picture((64, 64), "1"), "BMP"))
        bomb[18:26] = (60_000).to_bytes(4, "little") * 2
        self.check(client.post("/ocr", **as_json(bytes(bomb))), 422, "MAX_PAGE_PIXELS")

    def check(self, response: Any, status: int, setting: str) -> None:
        error = error_of(response)
        assert (response.status_code, error["type"]) == (status, "limit_exceeded")
        assert setting in error["message"]


class TestAdmission:
    def test_full_is_429_at_once_with_retry_after(self, start: Start, triton: FakeTriton) -> None:
        release = threading.Event()

        async def wait(number: int) -> None:
            await asyncio.to_thread(release.wait)

        triton.on_page = wait
        client = start(max_requests=1, max_queue=1)
        answers: list[int] = []
        senders = [
            threading.Thread(target=lambda: answers.append(client.post("/ocr", **as_json(PNG)).status_code))
            for _ in range(2)
        ]
        try:
            for sender in senders:
                sender.start()
            until(lambda: "ocr_gateway_requests_waiting 1.0" in client.get("/metrics").text)
            response = client.post("/ocr", **as_json(PNG))
        finally:
            release.set()
            for sender in senders:
                sender.join()
        assert response.status_code == 429
        assert int(response.headers["retry-after"]) > 0
        assert "MAX_REQUESTS" in error_of(response)["message"]
        assert answers == [200, 200]

    def test_a_stopping_gateway_is_503(self, client: TestClient) -> None:
        client.app.state.admission.close()  # type: ignore[attr-defined]
        response = client.post("/ocr", **as_json(PNG))
        assert (response.status_code, error_of(response)["code"]) == (503, "draining")
        assert client.get("/health").status_code == 503
        assert client.get("/livez").status_code == 200


ENGINE: list[tuple[Exception, int, str, str | None]] = [
    (InferenceServerException("[bad_image] it is no image", status="400"), 422, "bad_image", None),
    (InferenceServerException("[bad_option] topP: too high", status="400"), 422, "invalid_field", None),
    (InferenceServerException("[unsupported_option] no unwarping", status="501"), 422, "unsupported_option", None),
    (InferenceServerException("[invalid_input] no", status="400"), 422, "invalid_request", None),
    (InferenceServerException("[deadline_exceeded] late", status="503"), 504, "deadline_exceeded", None),
    (
        InferenceServerException("in ensemble: [missing_weights] no det.onnx", status="500"),
        502,
        "missing_weights",
        None,
    ),
    (InferenceServerException("[engine_failure] broke", status="500"), 502, "engine_failure", None),
    (InferenceServerException("Failed: /secret/path.py", status="500"), 502, "engine_failure", None),
    (InferenceServerException("Request for unknown model: 'ocr'", status="400"), 502, "engine_failure", None),
    (InferenceServerException("Stub process 'ocr_0' is not healthy.", status="500"), 503, "engine_restarting", "10"),
    (ConnectionResetError(), 503, "engine_restarting", "10"),
    (
        InferenceServerException("[server_unavailable] VLM_URL is down", status="503"),
        503,
        "vlm_server_unavailable",
        "10",
    ),
    (InferenceServerException("[server_failure] broke", status="500"), 502, "vlm_server_failure", None),
    (InferenceServerException("[bad_setting] VLM_API_KEY", status="500"), 502, "vlm_server_failure", None),
]


@pytest.mark.parametrize(("failure", "status", "code", "retry_after"), ENGINE)
def test_what_the_engine_refuses(
    client: TestClient, triton: FakeTriton, failure: Exception, status: int, code: str, retry_after: str | None
) -> None:
    triton.failures["ocr"] = failure
    response = client.post("/ocr", **as_json(PNG))
    error = error_of(response)
    assert (response.status_code, error["code"]) == (status, code)
    assert response.headers.get("retry-after") == retry_after
    assert "secret" not in response.text


def test_an_option_that_the_engine_refuses_is_named(client: TestClient, triton: FakeTriton) -> None:
    message = "[unsupported_option] useChartRecognition: the lite engine has no model for charts"
    triton.failures["ocr"] = InferenceServerException(message, status="501")
    error = error_of(client.post("/ocr", **as_json(PNG, options={"useChartRecognition": True})))
    assert error["param"] == "options.useChartRecognition"


def test_an_overloaded_engine_is_asked_again_then_503(start: Start, triton: FakeTriton) -> None:
    triton.failures["ocr"] = InferenceServerException("[overloaded] 64 pages", status="503")
    response = start().post("/ocr", **as_json(PNG))
    assert (response.status_code, error_of(response)["code"]) == (503, "engine_overloaded")
    assert response.headers["retry-after"] == "1"
    assert triton.calls.count("ocr") > 2


def test_a_failing_page_fails_the_document_by_its_number(client: TestClient, triton: FakeTriton) -> None:
    async def third_fails(number: int) -> None:
        if number == 2:
            raise InferenceServerException("[bad_image] it is no image", status="400")

    triton.on_page = third_fails
    response = client.post("/ocr", **as_json(pdf(*[A4] * 30), dpi=36))
    assert response.status_code == 422
    assert error_of(response)["message"].startswith("page 3: ")
    assert triton.count < 30


def test_a_hanging_engine_ends_at_the_deadline(client: TestClient, triton: FakeTriton) -> None:
    triton.delay = 60
    response = client.post("/ocr", **as_json(PNG, timeout=0.5))
    assert response.status_code == 504
    assert "0.5 seconds" in error_of(response)["message"]
    assert triton.cancelled == 1


@pytest.mark.parametrize("told", ["[engine_failure] broke", "[invalid_input] PAGES holds tables that are too large"])
def test_a_failing_restructure_loses_no_page(client: TestClient, triton: FakeTriton, told: str) -> None:
    triton.failures["restructure"] = InferenceServerException(told, status="500")
    answer = client.post("/ocr", **as_json(pdf(A4, A4), dpi=36)).json()
    assert len(answer["pages"]) == 2
    assert answer["warnings"][0]["type"] == "not_restructured"


def test_an_unforeseen_failure_is_500_and_leaks_nothing(client: TestClient, triton: FakeTriton) -> None:
    triton.failures["ocr"] = RuntimeError("at /srv/secret")
    response = client.post("/ocr", **as_json(PNG))
    assert (response.status_code, error_of(response)["code"]) == (500, "internal_error")
    assert "secret" not in response.text


def test_nothing_is_left_behind(client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(spool))
    client.post("/ocr", **as_json(PNG))
    client.post("/ocr", **as_json(PNG[:-30]))
    client.post("/ocr", content=json.dumps({"file": "!"}), headers={"Content-Type": "application/json"})
    assert list(spool.iterdir()) == []
