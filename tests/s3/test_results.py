"""Results in a real S3: what lies there, and who may read it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2 as httpx
import pytest

from tests.unit.gateway.conftest import Start, as_json
from tests.unit.gateway.documents import A4, encoded, pdf, picture
from tests.unit.gateway.fake_triton import FakeTriton
from tests.waiting import until

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PNG = encoded(picture())
CROPS = {f"imgs/img_in_image_box_{place}.jpg": b"\xff\xd8" + bytes([place]) * 5000 for place in range(3)}
CONTENT_TYPES = {".md": "text/markdown; charset=utf-8", ".json": "application/json", ".jpg": "image/jpeg"}


@pytest.fixture(autouse=True)
def _crops(triton: FakeTriton) -> None:
    triton.crops = CROPS


def local_copy(answer: dict[str, Any]) -> dict[str, bytes]:
    """The files of a result on disk, by their names in its folder."""
    folder = Path(answer["saved"]["local"])
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def objects(client: S3Client, bucket: str) -> dict[str, bytes]:
    """Everything in a bucket, by key."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    return {key: client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def get(url: str) -> httpx.Response:
    """What anyone gets who has the address and no keys."""
    return httpx.get(url, trust_env=False)


def open_to_all(client: S3Client, bucket: str) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


def test_the_local_copy_lies_under_the_prefix(
    start: Start, settings: dict[str, Any], s3_client: S3Client, bucket: str
) -> None:
    answer = start(**settings).post("/ocr", **as_json(pdf(A4, A4), s3=True, dpi=36)).json()
    assert answer["saved"]["s3"]["error"] is None
    assert answer["warnings"] == []
    files = local_copy(answer)
    # The second page's pictures have names of their own.
    assert len(files) == 2 + 2 * len(CROPS)
    assert set(answer["saved"]["s3"]["files"]) == set(files)
    folder = f"ocr/results/{answer['id']}"
    assert objects(s3_client, bucket) == {f"{folder}/{name}": data for name, data in files.items()}
    for name in files:
        kind = s3_client.head_object(Bucket=bucket, Key=f"{folder}/{name}")["ContentType"]
        assert kind == CONTENT_TYPES[Path(name).suffix]


@pytest.mark.parametrize("prefix", ["", "ocr", "/a/b/", "отчёты/2026 年/50% + a&b=c#d?e", "~a'(b)*!"])
@pytest.mark.parametrize("how", [True, "presigned"])
def test_an_address_leads_to_its_file(
    start: Start, settings: dict[str, Any], s3_client: S3Client, bucket: str, prefix: str, how: object
) -> None:
    if how is True:
        open_to_all(s3_client, bucket)
    client = start(**{**settings, "s3_prefix": prefix})
    answer = client.post("/ocr", **as_json(PNG, s3=how)).json()
    folder = "/".join([*prefix.strip("/").split("/"), answer["id"]]).lstrip("/")
    assert set(objects(s3_client, bucket)) == {f"{folder}/{name}" for name in local_copy(answer)}
    for name, data in local_copy(answer).items():
        response = get(answer["saved"]["s3"]["files"][name])
        assert (response.status_code, response.content) == (200, data)
        assert response.headers["content-type"] == CONTENT_TYPES[Path(name).suffix]


def test_pictures_may_have_any_name(start: Start, settings: dict[str, Any], triton: FakeTriton) -> None:
    triton.crops = {"imgs/печать & 印章 100%.jpg": b"\xff\xd8seal", "imgs/a+b c.jpg": b"\xff\xd8plus"}
    answer = start(**settings).post("/ocr", **as_json(PNG, s3="presigned")).json()
    files = answer["saved"]["s3"]["files"]
    assert {name: get(url).content for name, url in files.items()} == local_copy(answer)
    assert set(triton.crops) < set(files)


def test_a_plain_address_needs_keys(start: Start, settings: dict[str, Any]) -> None:
    answer = start(**settings).post("/ocr", **as_json(PNG, s3=True)).json()
    refused = [get(url).status_code for url in answer["saved"]["s3"]["files"].values()]
    assert refused == [403] * (2 + len(CROPS))


def test_a_presigned_address_opens_one_file_for_reading(start: Start, settings: dict[str, Any]) -> None:
    files = start(**settings).post("/ocr", **as_json(PNG, s3="presigned")).json()["saved"]["s3"]["files"]
    assert get(files["document.md"]).status_code == 200
    assert get(files["document.md"].replace("document.md", "result.json")).status_code == 403
    assert get(files["document.md"].replace("X-Amz-Expires=3600", "X-Amz-Expires=360000")).status_code == 403
    assert httpx.put(files["document.md"], content=b"other", trust_env=False).status_code == 403
    assert httpx.delete(files["document.md"], trust_env=False).status_code == 403


def test_a_presigned_address_expires(start: Start, settings: dict[str, Any]) -> None:
    client = start(**settings, s3_presign_seconds=2)
    url = client.post("/ocr", **as_json(PNG, s3="presigned")).json()["saved"]["s3"]["files"]["document.md"]
    assert get(url).status_code == 200
    until(lambda: get(url).status_code != 200)
    assert get(url).status_code == 403


def test_the_answers_address_is_that_of_the_setting(start: Start, settings: dict[str, Any], bucket: str) -> None:
    answer = start(**{**settings, "s3_endpoint": settings["s3_endpoint"] + "/"}).post("/ocr", **as_json(PNG, s3=True))
    url = answer.json()["saved"]["s3"]["files"]["document.md"]
    assert url.startswith(f"{settings['s3_endpoint']}/{bucket}/ocr/results/")
    assert urlsplit(url).query == ""


def test_many_and_large_pictures(
    start: Start, settings: dict[str, Any], triton: FakeTriton, s3_client: S3Client, bucket: str
) -> None:
    large = {"imgs/large.jpg": b"\xff\xd8" + bytes(range(256)) * 65_536}
    triton.crops = large | {f"imgs/{place:03}.jpg": b"\xff\xd8" + bytes(place) for place in range(300)}
    answer = start(**settings).post("/ocr", **as_json(PNG, s3=True)).json()
    files = local_copy(answer)
    assert len(files) == 303
    assert objects(s3_client, bucket) == {f"ocr/results/{answer['id']}/{name}": data for name, data in files.items()}


def test_results_of_many_clients_do_not_mix(
    start: Start, settings: dict[str, Any], s3_client: S3Client, bucket: str
) -> None:
    client = start(**settings)
    with ThreadPoolExecutor(16) as pool:
        sizes = [(40 + place, 30) for place in range(32)]
        answers = list(pool.map(lambda size: client.post("/ocr", **as_json(encoded(picture(size)), s3=True)), sizes))
    uploaded = objects(s3_client, bucket)
    assert len(uploaded) == 32 * (2 + len(CROPS))
    for (width, height), answer in zip(sizes, map(httpx.Response.json, answers), strict=True):
        assert uploaded[f"ocr/results/{answer['id']}/document.md"].startswith(f"{width} x {height}\n".encode())


def test_health_asks_the_bucket(start: Start, settings: dict[str, Any]) -> None:
    health = start(**settings).get("/health").json()
    assert (health["status"], health["s3"]["status"], health["s3"]["message"]) == ("ok", "ok", None)
