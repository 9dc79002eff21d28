"""Jobs as their users see them: the whole gateway with its embedded queue, and only Triton a fake."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tritonclient.utils import InferenceServerException

from gateway import retry
from gateway.access.keyring import line_of
from gateway.app import create_app
from gateway.settings import Settings, SettingsError
from tests.unit.gateway.conftest import Start, as_json, error_of
from tests.unit.gateway.documents import A4, encoded, encrypted_pdf, pdf, picture, tiff
from tests.unit.gateway.fake_triton import FakeTriton
from tests.unit.gateway.jobs.conftest import ended, status
from tests.waiting import until

PAGE = encoded(picture())


def test_a_job_is_read_and_its_result_is_that_of_ocr(client: TestClient, triton: FakeTriton) -> None:
    triton.crops = {"imgs/img_in_image_box_1_2_3_4.jpg": b"\xff\xd8crop"}
    document = as_json(tiff(picture((120, 80)), picture((90, 60))), pages="1-2", options={"maxNewTokens": 9})
    taken = client.post("/jobs", **document)
    assert taken.status_code == 202
    job = taken.json()
    assert taken.headers["location"] == f"/jobs/{job['id']}" == job["links"]["self"]
    assert job["status"] == "queued"
    assert job["progress"] == {"total": None, "done": 0, "failed": 0}
    assert job["started"] is job["ended"] is job["expires_at"] is job["error"] is None
    done = ended(client, job["id"])
    assert done["status"] == "done"
    assert done["progress"] == {"total": 2, "done": 2, "failed": 0}
    created, started, end, expires = (
        datetime.fromisoformat(done[name].replace("Z", "+00:00"))
        for name in ("created", "started", "ended", "expires_at")
    )
    assert created <= started <= end
    assert expires - end == timedelta(days=1)
    result = client.get(done["links"]["result"])
    expected = client.post("/ocr", **document)
    assert result.headers["x-document-id"] == result.json()["id"] == job["id"]
    assert result.headers["x-warnings"] == expected.headers["x-warnings"]
    answers = [{**answer.json(), "id": "", "usage": {}} for answer in (result, expected)]
    assert answers[0] == answers[1]
    assert len(answers[0]["pages"][1]["images"]) == 1
    assert result.headers["content-length"] == str(len(result.content))
    assert result.headers["cache-control"] == "no-store"
    markdown = client.get(done["links"]["result"], headers={"Accept": "text/markdown"})
    assert markdown.headers["content-type"] == "text/markdown; charset=utf-8"
    assert markdown.text == result.json()["markdown"]


def test_multipart_and_save_work_as_they_do_at_ocr(client: TestClient, tmp_path: Path) -> None:
    taken = client.post("/jobs", files={"file": PAGE}, data={"save": "true"})
    job = ended(client, taken.json()["id"])
    saved = client.get(job["links"]["result"]).json()["saved"]["local"]
    assert saved == str(tmp_path / "output" / job["id"])
    assert json.loads((Path(saved) / "result.json").read_text())["id"] == job["id"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"pages": "x"}, "invalid_field"),
        ({"s3": True}, "not_configured"),
        ({"colour": 1}, "unknown_field"),
        ({"file": "", "url": None}, "empty_file"),
    ],
)
def test_what_is_wrong_with_a_request_is_told_at_once(
    client: TestClient, tmp_path: Path, body: dict[str, object], code: str
) -> None:
    answer = client.post("/jobs", json={**as_json(PAGE)["json"], **body})
    assert answer.status_code == 422
    assert error_of(answer)["code"] == code
    assert {path.name for path in (tmp_path / "jobs").iterdir() if path.is_dir()} == set()


def test_a_job_that_fails_tells_the_error_that_ocr_would_have_told(client: TestClient) -> None:
    document = as_json(encrypted_pdf())
    job = ended(client, client.post("/jobs", **document).json()["id"])
    expected = client.post("/ocr", **document)
    told = error_of(expected)
    assert job["status"] == "failed"
    assert job["error"] == {name: told[name] for name in ("type", "code", "message")}
    result = client.get(job["links"]["result"])
    assert result.status_code == expected.status_code
    assert error_of(result)["code"] == told["code"]


def test_pages_left_out_are_counted(client: TestClient, triton: FakeTriton) -> None:
    async def fail(number: int) -> None:
        if number == 0:
            raise InferenceServerException("broken", status="500")

    triton.on_page = fail
    job = ended(client, client.post("/jobs", **as_json(pdf(A4, A4), on_error="skip", dpi=36)).json()["id"])
    assert job["progress"] == {"total": 2, "done": 1, "failed": 1}
    assert len(client.get(job["links"]["result"]).json()["errors"]) == 1


def test_progress_is_told_page_by_page_and_there_is_no_result_before_the_end(
    client: TestClient, triton: FakeTriton
) -> None:
    gate = asyncio.Event()

    async def wait(number: int) -> None:
        if number:
            await gate.wait()

    triton.on_page = wait
    job = client.post("/jobs", **as_json(pdf(A4, A4, A4), dpi=36)).json()
    until(lambda: client.get(f"/jobs/{job['id']}").json()["progress"] == {"total": 3, "done": 1, "failed": 0})
    early = client.get(job["links"]["result"])
    assert early.status_code == 409
    assert error_of(early)["code"] == "job_not_done"
    assert client.portal is not None
    client.portal.call(gate.set)
    assert ended(client, job["id"])["progress"]["done"] == 3


def test_a_running_job_is_stopped_and_its_pages_in_flight_too(client: TestClient, triton: FakeTriton) -> None:
    async def hang(number: int) -> None:
        await asyncio.sleep(60)

    triton.on_page = hang
    job = client.post("/jobs", **as_json(pdf(*[A4] * 20), dpi=36)).json()
    status(client, job["id"], "running")
    until(lambda: triton.in_flight == 8)
    cancelled = client.delete(f"/jobs/{job['id']}")
    assert cancelled.status_code == 200
    assert cancelled.json()["status"] == "cancelled"
    assert client.get(job["links"]["result"]).status_code == 409
    until(lambda: triton.in_flight == 0)
    assert triton.count == triton.cancelled == 8


def test_a_waiting_job_leaves_the_queue_and_one_that_ended_is_forgotten(start: Start, tmp_path: Path) -> None:
    client = start(jobs_at_once=0, max_jobs=1)
    job = client.post("/jobs", **as_json(PAGE)).json()
    full = client.post("/jobs", **as_json(PAGE))
    assert full.status_code == 429
    assert int(full.headers["retry-after"]) > 0
    assert "MAX_JOBS" in error_of(full)["message"]
    assert client.delete(f"/jobs/{job['id']}").json()["status"] == "cancelled"
    assert not (tmp_path / "jobs" / job["id"] / "document").exists()
    assert client.post("/jobs", **as_json(PAGE)).status_code == 202
    assert client.delete(f"/jobs/{job['id']}").status_code == 204
    assert client.get(f"/jobs/{job['id']}").status_code == 404
    assert client.delete(f"/jobs/{job['id']}").status_code == 404


@pytest.mark.parametrize("job_id", ["0" * 32, "name", "%2e%2e", "%2e%2e%2fjobs", "queue.db", "x" * 3000])
def test_what_is_no_job_is_404(client: TestClient, job_id: str) -> None:
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/result")):
        answer = client.request(method, f"/jobs/{job_id}{path}")
        assert answer.status_code in (404, 405), answer.text


def test_jobs_are_listed_newest_first(start: Start) -> None:
    client = start(jobs_at_once=0)
    made = [client.post("/jobs", **as_json(PAGE)).json()["id"] for _ in range(3)]
    assert [job["id"] for job in client.get("/jobs").json()["jobs"]] == made[::-1]
    assert [job["id"] for job in client.get("/jobs?limit=1").json()["jobs"]] == made[-1:]
    assert client.get("/jobs?limit=0").status_code == 422
    assert "ocr_gateway_jobs_taken_in_total 3.0" in client.get("/metrics").text


def test_a_job_of_an_api_key_is_that_keys_alone(start: Start, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"{line_of('ada', 'key-a')}\n{line_of('ben', 'key-b')}\n")
    client = start(api_keys_file=keys)
    ada, ben = ({"Authorization": f"Bearer {key}"} for key in ("key-a", "key-b"))
    job = client.post("/jobs", **as_json(PAGE), headers=ada).json()
    for method, path in (("GET", ""), ("GET", "/result"), ("DELETE", "")):
        answer = client.request(method, f"/jobs/{job['id']}{path}", headers=ben)
        assert answer.status_code == 404
        assert error_of(answer)["code"] == "no_such_job"
    assert client.get("/jobs", headers=ben).json() == {"jobs": []}
    assert [found["id"] for found in client.get("/jobs", headers=ada).json()["jobs"]] == [job["id"]]
    assert client.get(f"/jobs/{job['id']}", headers=ada).status_code == 200


def test_results_are_kept_for_a_time(start: Start, tmp_path: Path) -> None:
    client = start(jobs_keep_seconds=0.5, job_lease=1)
    job_id = client.post("/jobs", **as_json(PAGE)).json()["id"]
    ended(client, job_id)
    until(lambda: client.get(f"/jobs/{job_id}").status_code == 404)
    assert client.get(f"/jobs/{job_id}/result").status_code == 404
    until(lambda: not (tmp_path / "jobs" / job_id).exists())


def test_a_job_has_a_deadline_of_its_own(client: TestClient, triton: FakeTriton) -> None:
    triton.delay = 30
    job = ended(client, client.post("/jobs", **as_json(PAGE, timeout=1.5)).json()["id"])
    assert job["error"]["code"] == "deadline_exceeded"
    assert "JOB_TIMEOUT" in job["error"]["message"]


def test_jobs_can_be_switched_off(start: Start, tmp_path: Path) -> None:
    client = start(jobs=False)
    answers = [client.post("/jobs", **as_json(PAGE)), client.get("/jobs"), client.get("/jobs/" + "0" * 32)]
    assert [error_of(answer)["code"] for answer in answers] == ["not_configured"] * 3
    assert not (tmp_path / "jobs").exists()


def test_one_client_has_its_share_of_the_waiting_jobs(start: Start, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"{line_of('ada', 'key-a')}\n{line_of('ben', 'key-b')}\n")
    client = start(api_keys_file=keys, jobs_at_once=0, max_jobs=4, client_share=0.5)

    def post(key: str) -> int:
        return client.post("/jobs", **as_json(PAGE), headers={"X-API-Key": key}).status_code

    assert [post("key-a") for _ in range(3)] == [202, 202, 429]
    assert [post("key-b") for _ in range(3)] == [202, 202, 429]


MARKED = {"topP": 0.5}
"""By its options a page is told from the canaries that look whether the engine is back."""


def fail_pages(triton: FakeTriton, times: int, error: Exception) -> list[int]:
    """The numbers of the pages that come; from the second on so many of them fail."""
    sent: list[int] = []

    async def on_page(number: int) -> None:
        if "topP" in triton.options[number]:
            sent.append(number)
            if 1 < len(sent) <= times + 1:
                raise error

    triton.on_page = on_page
    return sent


@pytest.mark.parametrize(("times", "end"), [(3, "done"), (4, "failed")])
def test_a_page_of_a_job_waits_for_an_engine_that_went_down(
    start: Start, triton: FakeTriton, monkeypatch: pytest.MonkeyPatch, times: int, end: str
) -> None:
    monkeypatch.setattr(retry, "_LOOK_SECONDS", 0.05)
    sent = fail_pages(triton, times, InferenceServerException("Stub process is not healthy.", status="500"))
    client = start(pages_in_flight=1)
    job = ended(client, client.post("/jobs", **as_json(pdf(A4, A4), dpi=36, options=MARKED)).json()["id"])
    assert job["status"] == end
    assert len(sent) == 5, "the first page is read once, the second again after each failure"
    assert job["progress"] == {"total": 2, "done": 2 if end == "done" else 1, "failed": 0}
    if end == "failed":
        assert job["error"]["code"] == "engine_restarting"


def test_a_job_waits_for_an_engine_that_is_full_as_long_as_it_takes(
    client: TestClient, triton: FakeTriton, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "_OVERLOAD_SECONDS", (0.01, 0.02))
    document = as_json(pdf(A4, A4), dpi=36, options=MARKED)
    full = InferenceServerException("[overloaded] 64 pages are in flight", status="503")
    fail_pages(triton, 20, full)
    assert client.post("/ocr", **document).status_code == 503
    fail_pages(triton, 20, full)
    assert ended(client, client.post("/jobs", **document).json()["id"])["status"] == "done"


def test_a_job_waits_for_an_engine_no_longer_than_it_may_run(client: TestClient, triton: FakeTriton) -> None:
    triton.failures["ocr"] = InferenceServerException("Stub process is not healthy.", status="500")
    job = ended(client, client.post("/jobs", **as_json(PAGE, timeout=1.5)).json()["id"])
    assert job["error"]["code"] == "engine_restarting"


def test_a_folder_that_can_not_be_used_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="JOBS_DIR"):
        create_app(Settings(jobs_dir=tmp_path / "file"))
