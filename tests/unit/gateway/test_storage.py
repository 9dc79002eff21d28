"""Results kept: on disk and in S3, and what happens when one of them fails."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import boto3
import pytest
from fastapi.testclient import TestClient
from moto.server import ThreadedMotoServer

from gateway.storage import Storage

from .conftest import Start, as_json
from .documents import A4, encoded, pdf, picture
from .fake_triton import FakeTriton

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PNG = encoded(picture())
CROPS = {"imgs/img_in_chart_box_1_2_3_4.jpg": b"\xff\xd8crop"}


class TestDisk:
    def test_a_result_is_a_folder(self, start: Start, triton: FakeTriton, tmp_path: Path) -> None:
        triton.crops = CROPS
        answer = start().post("/ocr", **as_json(PNG, save=True)).json()
        folder = Path(answer["saved"]["local"])
        assert folder == tmp_path / "output" / answer["id"]
        files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        assert files == ["document.md", "imgs/img_in_chart_box_1_2_3_4.jpg", "result.json"]
        assert (folder / "document.md").read_text() == answer["markdown"]
        assert (folder / "imgs/img_in_chart_box_1_2_3_4.jpg").read_bytes() == b"\xff\xd8crop"
        kept = json.loads((folder / "result.json").read_text())
        assert kept["pages"][0]["blocks"] == answer["pages"][0]["blocks"]
        assert kept["pages"][0]["images"] == {}
        assert sorted(path.name for path in folder.parent.iterdir()) == [answer["id"]]

    def test_what_is_saved_again_takes_the_place_of_what_was(self, tmp_path: Path) -> None:
        storage = Storage(tmp_path)
        storage.save("a", {"old.md": b"1", "both.md": b"1"})
        folder = storage.save("a", {"new.md": b"2", "both.md": b"2"})
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"new.md": b"2", "both.md": b"2"}
        assert [path.name for path in tmp_path.iterdir()] == ["a"]

    @pytest.mark.parametrize(
        ("setting", "field", "kept"), [(True, None, True), (True, False, False), (False, None, False)]
    )
    def test_the_request_overrules_the_setting(
        self, start: Start, setting: bool, field: bool | None, kept: bool
    ) -> None:
        fields = {} if field is None else {"save": field}
        answer = start(save=setting).post("/ocr", **as_json(PNG, **fields)).json()
        assert (answer["saved"]["local"] is not None) == kept

    def test_with_markdown_alone_it_is_kept_too(self, client: TestClient, tmp_path: Path) -> None:
        headers = {"Accept": "text/markdown"}
        answer = client.post("/ocr", files={"file": PNG}, data={"save": "true"}, headers=headers)
        assert (tmp_path / "output" / answer.headers["x-document-id"] / "document.md").read_text() == answer.text

    def test_a_disk_that_fails_is_told(self, start: Start, tmp_path: Path) -> None:
        (tmp_path / "taken").write_text("a file where the folder should be")
        answer = start(output_dir=tmp_path / "taken").post("/ocr", **as_json(PNG, save=True)).json()
        assert answer["saved"]["local"] is None
        assert answer["pages"]
        assert answer["warnings"][0]["type"] == "not_saved"
        assert str(tmp_path) not in answer["warnings"][0]["message"]

    def test_nothing_unfinished_stays(self, tmp_path: Path) -> None:
        with pytest.raises(OSError, match=r".+"):
            Storage(tmp_path).save("x", {"a": b"1", "a/b": b"2"})
        assert list(tmp_path.iterdir()) == []

    def test_a_name_of_the_engine_stays_inside(self, start: Start, triton: FakeTriton, tmp_path: Path) -> None:
        triton.crops = {"../../outside.jpg": b"1", "/tmp/outside.jpg": b"2"}
        answer = start().post("/ocr", **as_json(PNG, save=True)).json()
        folder = Path(answer["saved"]["local"])
        assert sorted(path.name for path in folder.rglob("*")) == ["document.md", "result.json"]
        assert not (tmp_path / "outside.jpg").exists()


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str) -> Iterator[S3Client]:
    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="ru-central-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    client.create_bucket(Bucket="results", CreateBucketConfiguration={"LocationConstraint": "ru-central-1"})
    yield client
    for item in client.list_objects_v2(Bucket="results").get("Contents", []):
        client.delete_object(Bucket="results", Key=item["Key"])
    client.delete_bucket(Bucket="results")
    client.close()


def s3_settings(endpoint: str, **other: Any) -> dict[str, Any]:
    return {
        "s3_endpoint": endpoint,
        "s3_region": "ru-central-1",
        "s3_bucket": "results",
        "s3_prefix": "/ocr/",
        "s3_access_key": "tenant-1:key-1",
        "s3_secret_key": "secret",
        **other,
    }


class TestS3:
    def test_the_same_files_are_uploaded(
        self, start: Start, triton: FakeTriton, bucket: S3Client, endpoint: str
    ) -> None:
        triton.crops = CROPS
        answer = start(**s3_settings(endpoint)).post("/ocr", **as_json(pdf(A4), s3=True, dpi=36)).json()
        folder = Path(answer["saved"]["local"])
        files = answer["saved"]["s3"]["files"]
        assert answer["saved"]["s3"]["error"] is None
        assert set(files) == {"document.md", "result.json", *CROPS}
        for name, url in files.items():
            key = f"ocr/{answer['id']}/{name}"
            assert url == f"{endpoint}/results/{key}"
            assert bucket.get_object(Bucket="results", Key=key)["Body"].read() == (folder / name).read_bytes()
        head = bucket.head_object(Bucket="results", Key=f"ocr/{answer['id']}/document.md")
        assert head["ContentType"] == "text/markdown; charset=utf-8"

    def test_presigned_addresses_open_without_keys(self, start: Start, bucket: S3Client, endpoint: str) -> None:
        answer = start(**s3_settings(endpoint)).post("/ocr", **as_json(PNG, s3="presigned")).json()
        url = answer["saved"]["s3"]["files"]["document.md"]
        assert "tenant-1%3Akey-1" in url
        assert "X-Amz-Expires=3600" in url
        with urlopen(url) as response:
            assert response.read().decode() == answer["markdown"]

    def test_a_refused_upload_loses_nothing(self, start: Start, endpoint: str) -> None:
        answer = start(**s3_settings(endpoint, s3_bucket="absent")).post("/ocr", **as_json(PNG, s3=True)).json()
        assert answer["saved"]["s3"] == {"files": {}, "error": "the S3 service refused: NoSuchBucket"}
        assert (Path(answer["saved"]["local"]) / "document.md").exists()
        assert answer["warnings"][-1]["type"] == "not_uploaded"

    def test_a_service_that_is_away_loses_nothing(self, start: Start) -> None:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            endpoint = f"http://127.0.0.1:{closed.getsockname()[1]}"
            client = start(**s3_settings(endpoint))
            answer = client.post("/ocr", **as_json(PNG, s3=True)).json()
            health = client.get("/health")
        assert "could not be reached" in answer["saved"]["s3"]["error"]
        assert (Path(answer["saved"]["local"]) / "result.json").exists()
        assert (health.status_code, health.json()["status"], health.json()["s3"]["status"]) == (
            200,
            "degraded",
            "failed",
        )

    def test_a_silent_service_ends_at_the_deadline(self, start: Start) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
            answer = start(**s3_settings(endpoint)).post("/ocr", **as_json(PNG, s3=True, timeout=1)).json()
        assert "time was over" in answer["saved"]["s3"]["error"]
        assert answer["saved"]["local"]

    def test_health_asks_the_bucket(self, start: Start, bucket: S3Client, endpoint: str) -> None:
        assert start(**s3_settings(endpoint)).get("/health").json()["s3"]["status"] == "ok"
