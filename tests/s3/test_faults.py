"""Faults between the gateway and a real S3: the result is read and kept all the same, and the fault is told."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient

from tests.s3.rados_gateway import RadosGateway
from tests.unit.gateway.conftest import Start, as_json
from tests.unit.gateway.fake_triton import FakeTriton
from tests.waiting import until

from .test_results import PNG, local_copy

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CROPS = {f"imgs/{place:03}.jpg": b"\xff\xd8" + bytes(20_000) for place in range(300)}


def assert_kept_but_not_uploaded(answer: dict[str, Any], reason: str, pictures: dict[str, bytes]) -> None:
    assert answer["pages"]
    assert answer["saved"]["s3"]["files"] == {}
    assert reason in answer["saved"]["s3"]["error"]
    assert [(warning["type"], warning["message"]) for warning in answer["warnings"]] == [
        ("not_uploaded", answer["saved"]["s3"]["error"])
    ]
    files = local_copy(answer)
    assert files.pop("document.md").decode() == answer["markdown"]
    assert files.pop("result.json")
    assert files == pictures


def wait_for_uploads(client: S3Client, bucket: str) -> None:
    until(lambda: count(client, bucket) >= 5)


def count(client: S3Client, bucket: str) -> int:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return sum(page["KeyCount"] for page in pages)


def assert_degraded(client: TestClient) -> str:
    """Documents are read, so it is not 503. Returns what is said about S3."""
    response = client.get("/health")
    health = response.json()
    assert (response.status_code, health["status"], health["s3"]["status"]) == (200, "degraded", "failed")
    message: str = health["s3"]["message"]
    return message


@pytest.mark.parametrize(
    ("wrong", "reason", "named"),
    [
        ({"s3_secret_key": "another"}, "SignatureDoesNotMatch", "S3_SECRET_KEY"),
        ({"s3_access_key": "tenant-1:unknown"}, "InvalidAccessKeyId", "S3_ACCESS_KEY"),
        ({"s3_bucket": "absent"}, "NoSuchBucket", "S3_BUCKET"),
    ],
)
def test_a_wrong_setting_is_told(
    start: Start, settings: dict[str, Any], triton: FakeTriton, wrong: dict[str, str], reason: str, named: str
) -> None:
    triton.crops = {"imgs/a.jpg": b"\xff\xd8a"}
    client = start(**{**settings, **wrong})
    response = client.post("/ocr", **as_json(PNG, s3=True))
    assert response.status_code == 200
    assert_kept_but_not_uploaded(response.json(), reason, triton.crops)
    assert "another" not in response.text
    assert named in assert_degraded(client)


def test_a_service_killed_midway_and_back_again(
    start: Start, settings: dict[str, Any], triton: FakeTriton, s3: RadosGateway, s3_client: S3Client, bucket: str
) -> None:
    triton.crops = CROPS
    client = start(**settings, health_cache_seconds=0)
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(client.post, "/ocr", **as_json(PNG, s3=True))
        wait_for_uploads(s3_client, bucket)
        s3.stop()
        try:
            response = sent.result(timeout=60)
            assert "could not be reached" in assert_degraded(client)
        finally:
            s3.start()
    assert response.status_code == 200
    assert_kept_but_not_uploaded(response.json(), "could not be reached", CROPS)
    assert 0 < count(s3_client, bucket) < len(CROPS)

    triton.crops = {}
    assert client.get("/health").json()["status"] == "ok"
    assert client.post("/ocr", **as_json(PNG, s3=True)).json()["saved"]["s3"]["error"] is None


def test_a_short_silence_is_not_noticed(
    start: Start, settings: dict[str, Any], triton: FakeTriton, s3: RadosGateway, s3_client: S3Client, bucket: str
) -> None:
    triton.crops = CROPS
    client = start(**settings)
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(client.post, "/ocr", **as_json(PNG, s3=True))
        wait_for_uploads(s3_client, bucket)
        with s3.paused():
            time.sleep(0.5)
        answer = sent.result(timeout=60).json()
    assert answer["saved"]["s3"]["error"] is None
    assert len(answer["saved"]["s3"]["files"]) == len(CROPS) + 2


def test_a_long_silence_holds_nobody_up(start: Start, settings: dict[str, Any], s3: RadosGateway) -> None:
    """More uploads hang than the gateway has threads; each ends at its own time, and what needs no upload goes on."""
    client = start(**settings, max_requests=16, client_share=1)

    def took(**fields: Any) -> tuple[float, dict[str, Any]]:
        begin = time.monotonic()
        response = client.post("/ocr", **as_json(PNG, **fields))
        assert response.status_code == 200, response.text
        return time.monotonic() - begin, response.json()

    took()  # its process that draws pages has started
    with s3.paused(), ThreadPoolExecutor(16) as pool:
        uploads = list(pool.map(lambda _: took(s3=True, timeout=2), range(40)))
        other, _ = took(save=True)
    # A hung connection holds its thread for half a minute and more.
    assert max(other, *(seconds for seconds, _ in uploads)) < 10
    for _, answer in uploads:
        assert_kept_but_not_uploaded(answer, "time was over", {})


def test_an_upload_ends_with_its_request(
    start: Start, settings: dict[str, Any], triton: FakeTriton, s3: RadosGateway, s3_client: S3Client, bucket: str
) -> None:
    triton.crops = CROPS
    client = start(**settings)
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(client.post, "/ocr", **as_json(PNG, s3=True, timeout=3))
        wait_for_uploads(s3_client, bucket)
        with s3.paused():
            answer = sent.result(timeout=60).json()
    assert_kept_but_not_uploaded(answer, "time was over", CROPS)
    time.sleep(0.2)  # for the file that was under way
    uploaded = count(s3_client, bucket)
    time.sleep(0.3)
    assert count(s3_client, bucket) == uploaded < len(CROPS)
