"""/api/v2/ocr/jobs: PaddleOCR's jobs API over this gateway's jobs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from gateway.access.keyring import line_of
from gateway.jobs.result import Result
from tests.waiting import until

from .conftest import Start
from .documents import encoded, pdf, picture
from .fake_triton import FakeTriton

PATH = "/api/v2/ocr/jobs"
PAGE = encoded(picture())
CROP = "imgs/img_in_image_box_1_2_3_4.jpg"


@pytest.fixture
def client(start: Start, tmp_path: Path) -> TestClient:
    return start(jobs_dir=tmp_path / "jobs")


def data_of(response: Any) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    body = response.json()
    assert (body["code"], body["msg"]) == (0, "Success")
    data: dict[str, Any] = body["data"]
    return data


def message_of(response: Any) -> str:
    body = response.json()
    assert set(body) == {"code", "msg", "requestId"}
    assert body["code"] == response.status_code
    return str(body["msg"])


def submitted(client: TestClient, document: bytes = PAGE, **fields: Any) -> str:
    told = {"model": "PaddleOCR-VL-1.6", "optionalPayload": "{}", **fields}
    return str(data_of(client.post(PATH, data=told, files={"file": document}))["jobId"])


def ended(client: TestClient, job_id: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        data = data_of(client.get(f"{PATH}/{job_id}"))
        return data if data["state"] in ("done", "failed") else None

    return until(look)


def lines_of(client: TestClient, data: dict[str, Any]) -> list[dict[str, Any]]:
    """The result, fetched as clients do: without a token."""
    response = client.get(data["resultUrl"]["jsonUrl"])
    assert response.status_code == 200, response.text
    return [json.loads(line)["result"] for line in response.text.splitlines()]


def test_an_attached_document_becomes_lines(client: TestClient, triton: FakeTriton) -> None:
    triton.crops = {CROP: b"\xff\xd8crop"}
    payload = {"maxNewTokens": 9, "nobodyKnows": 1, "visualize": True}
    job_id = submitted(client, pdf((72, 72), (144, 72)), optionalPayload=json.dumps(payload))
    data = ended(client, job_id)
    assert (data["jobId"], data["state"], data["errorMsg"]) == (job_id, "done", None)
    progress = data["extractProgress"]
    assert (progress["totalPages"], progress["extractedPages"]) == (2, 2)
    assert progress["startTime"] <= progress["endTime"]
    lines = lines_of(client, data)
    assert [line["dataInfo"]["numPages"] for line in lines] == [2, 2]
    pages = [page for line in lines for page in line["layoutParsingResults"]]
    # Two pixels a point, as PaddleX draws.
    assert [page["prunedResult"]["width"] for page in pages] == [144, 288]
    for page, name in zip(pages, (CROP, CROP.replace(".jpg", "_p1.jpg")), strict=True):
        assert name in page["markdown"]["text"]
        assert client.get(page["markdown"]["images"][name]).content == b"\xff\xd8crop"
        assert client.get(page["inputImage"]).content == b"the page"
        assert client.get(page["outputImages"]["layout_det_res"]).content == b"its blocks"
    assert [told["maxNewTokens"] for told in triton.options] == [9, 9]
    # Asked for again, it is the same.
    assert lines_of(client, data) == lines


def test_lines_are_made_once_and_told_with_each_address(
    client: TestClient, triton: FakeTriton, monkeypatch: pytest.MonkeyPatch
) -> None:
    triton.crops = {CROP: b"\xff\xd8crop"}
    data = ended(client, submitted(client))
    path = data["resultUrl"]["jsonUrl"].removeprefix("http://testserver")
    client.get(path).raise_for_status()

    def fails(*_: Any) -> None:
        raise AssertionError("the answer is read again")

    monkeypatch.setattr(Result, "document", fails)
    for host in ("one.example", "two.example:8443", 'evil.example"x'):
        response = client.get(path, headers={"host": host})
        [line] = response.text.splitlines()
        [page] = json.loads(line)["result"]["layoutParsingResults"]
        address = page["markdown"]["images"][CROP]
        assert host in address or '"' in host
        assert client.get(address).content == b"\xff\xd8crop"
        assert "address-of" not in line


def test_pictures_are_kept_by_no_browser(client: TestClient, triton: FakeTriton) -> None:
    triton.crops = {CROP: b"\xff\xd8crop"}
    [line] = lines_of(client, ended(client, submitted(client)))
    address = line["layoutParsingResults"][0]["markdown"]["images"][CROP]
    assert client.get(address).headers["cache-control"] == "no-store"


def test_pages_can_be_chosen(client: TestClient) -> None:
    data = ended(client, submitted(client, pdf(*[(72, 72)] * 4), pageRanges="2-3"))
    assert data["extractProgress"]["totalPages"] == 2
    assert len(lines_of(client, data)) == 2


def test_pp_ocr_models_give_texts(client: TestClient) -> None:
    lines = lines_of(client, ended(client, submitted(client, pdf((72, 36), (72, 72)), model="PP-OCRv6")))
    pages = [page for line in lines for page in line["ocrResults"]]
    assert [page["prunedResult"]["rec_texts"] for page in pages] == [["144 x 72"], ["144 x 144"]]
    assert all(set(page) == {"prunedResult"} for page in pages)


@pytest.mark.parametrize("model", ["PP-OCRv6", "PaddleOCR-VL"])
@pytest.mark.parametrize(
    ("visualize", "payload"), [(False, {"visualize": True}), (True, {}), (True, {"visualize": None})]
)
def test_the_operator_says_whether_pages_are_drawn_when_a_request_does_not(
    start: Start, tmp_path: Path, model: str, visualize: bool, payload: dict[str, Any]
) -> None:
    client = start(jobs_dir=tmp_path / "jobs", visualize=visualize)
    job_id = submitted(client, model=model, optionalPayload=json.dumps(payload))
    [line] = lines_of(client, ended(client, job_id))
    [page] = line.get("ocrResults") or line["layoutParsingResults"]
    drawing = page["ocrImage"] if model == "PP-OCRv6" else page["outputImages"]["layout_det_res"]
    assert client.get(drawing).content == b"its blocks"
    assert client.get(page["inputImage"]).content == b"the page"


def test_no_drawings_are_made_where_none_are_wanted(start: Start, tmp_path: Path, triton: FakeTriton) -> None:
    client = start(jobs_dir=tmp_path / "jobs", visualize=True)
    [line] = lines_of(
        client, ended(client, submitted(client, model="PP-OCRv6", optionalPayload='{"visualize": false}'))
    )
    assert set(line["ocrResults"][0]) == {"prunedResult"}
    assert "visualize" not in triton.options[-1]


def test_pictures_may_be_left_out(client: TestClient, triton: FakeTriton) -> None:
    triton.crops = {CROP: b"\xff\xd8crop"}
    job_id = submitted(client, optionalPayload='{"returnMarkdownImages": false}')
    [line] = lines_of(client, ended(client, job_id))
    assert set(line["layoutParsingResults"][0]["markdown"]) == {"text"}


def test_a_document_by_its_address_goes_by_the_same_rules(client: TestClient) -> None:
    body = {"fileUrl": "http://127.0.0.1/a.pdf", "model": "PaddleOCR-VL", "optionalPayload": {}}
    response = client.post(PATH, json=body)
    assert response.status_code == 422
    assert message_of(response).startswith("fileUrl: 127.0.0.1 ")
    assert "internal" in message_of(response)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"model": "GPT"}, "there is no GPT here; there are PaddleOCR-VL"),
        ({"optionalPayload": "{"}, "optionalPayload: it is not JSON"),
        ({"optionalPayload": '{"temperature": -1}'}, "temperature"),
        ({"optionalPayload": '{"outputFormats": ["docx"]}'}, "outputFormats"),
        ({"pageRanges": "x"}, 'pageRanges: "x": it is no page or range'),
        ({"pageRanges": "1," * 501}, "pageRanges: String should have at most 1000 characters"),
        ({"fileUrl": "http://example.org/"}, "fileUrl: the document is there already, as file"),
        ({"batchId": ""}, "batchId"),
        ({"model": "PP-OCRv6", "optionalPayload": '{"textDetThresh": 0.5}'}, "textDetThresh"),
    ],
)
def test_what_is_wrong_is_told_at_once(client: TestClient, fields: dict[str, str], told: str) -> None:
    form = {"model": "PaddleOCR-VL", **fields}
    response = client.post(PATH, data=form, files={"file": PAGE})
    assert response.status_code == 422
    assert told in message_of(response)


def test_a_job_without_a_document_is_refused(client: TestClient) -> None:
    assert "send the document" in message_of(client.post(PATH, json={"model": "PaddleOCR-VL"}))


def test_a_job_that_fails_says_why(client: TestClient) -> None:
    data = ended(client, submitted(client, PAGE[:60]))
    assert data["state"] == "failed"
    assert "damaged" in data["errorMsg"]
    assert data["resultUrl"] is None


def test_a_job_that_fails_names_the_fields_of_this_api(client: TestClient) -> None:
    job_id = submitted(client, pageRanges="2")
    assert ended(client, job_id)["errorMsg"] == "pageRanges asks for page 2, but the document has 1 page"
    assert client.get(f"/jobs/{job_id}").json()["error"]["message"].startswith("pages asks for page 2")


def test_a_cancelled_job_has_failed(client: TestClient, triton: FakeTriton) -> None:
    triton.delay = 30
    job_id = submitted(client)
    client.delete(f"/jobs/{job_id}")
    data = ended(client, job_id)
    assert (data["state"], data["errorMsg"]) == ("failed", "the job was cancelled")


def test_jobs_of_a_batch_are_found_together(client: TestClient) -> None:
    first, second = submitted(client, batchId="ours"), submitted(client, batchId="ours")
    submitted(client, batchId="theirs")
    client.post("/jobs", files={"file": PAGE})
    data = data_of(client.get(f"{PATH}/batch/ours"))
    assert data["batchId"] == "ours"
    assert {job["jobId"] for job in data["extractResult"]} == {first, second}
    assert data_of(client.get(f"{PATH}/batch/nobodys"))["extractResult"] == []


def test_results_open_by_their_key_alone(start: Start, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"{line_of('one', 'ocr_one')}\n{line_of('two', 'ocr_two')}\n")
    client = start(jobs_dir=tmp_path / "jobs", api_keys_file=keys)
    assert "API key" in message_of(client.get(f"{PATH}/1"))
    client.headers["authorization"] = "Bearer ocr_one"
    data = ended(client, submitted(client))
    other = {"authorization": "Bearer ocr_two"}
    assert client.get(f"{PATH}/{data['jobId']}", headers=other).status_code == 404
    del client.headers["authorization"]
    address = data["resultUrl"]["jsonUrl"]
    assert client.get(address).status_code == 200
    assert client.get(f"{address}x").status_code == 404
    assert client.get(urlsplit(address).path).status_code == 404


def test_jobs_of_the_other_api_are_none_of_this_one(client: TestClient) -> None:
    job_id = client.post("/jobs", files={"file": PAGE}).json()["id"]
    until(lambda: client.get(f"/jobs/{job_id}").json()["status"] == "done")
    for path in (f"/api/v2/ocr/results/{job_id}?key=", f"/api/v2/ocr/results/{job_id}", f"{PATH}/{job_id}"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("name", ["0-0.jpg", "..%2fjob.json", "job.json", "0-0.jpgx"])
def test_there_are_no_other_pictures(client: TestClient, name: str) -> None:
    data = ended(client, submitted(client))
    lines_of(client, data)
    path, _, key = data["resultUrl"]["jsonUrl"].partition("?")
    assert client.get(f"{path}/{name}?{key}").status_code == 404


def test_addresses_are_those_that_the_client_used(client: TestClient) -> None:
    job_id = submitted(client)
    ended(client, job_id)
    data = data_of(client.get(f"{PATH}/{job_id}", headers={"host": "ocr.example:8443"}))
    assert data["resultUrl"]["jsonUrl"].startswith("http://ocr.example:8443/api/v2/ocr/results/")


def test_without_jobs_there_are_none(start: Start) -> None:
    response = start(jobs=False).post(PATH, data={"model": "PaddleOCR-VL"}, files={"file": PAGE})
    assert "JOBS is off" in message_of(response)


def test_openapi_tells_of_it(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert paths[PATH]["post"]["tags"] == ["PaddleOCR jobs"]
    content = paths[PATH]["post"]["requestBody"]["content"]
    fields = content["multipart/form-data"]["schema"]["properties"]
    assert fields["file"]["format"] == "binary"
    assert fields["optionalPayload"]["type"] == "string"
