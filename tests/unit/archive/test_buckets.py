"""What goes wrong while an object is fetched."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ResponseStreamingError
from urllib3.exceptions import SSLError

from archive.buckets import Bucket
from archive.stores import NoRoom


class Body:
    def __init__(self, *chunks: bytes | Exception) -> None:
        self._chunks = chunks

    def iter_chunks(self, size: int) -> Iterator[bytes]:
        for chunk in self._chunks:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk


class Service:
    """A client of S3 that gives `body`, and lists nothing for want of rights."""

    def __init__(self, body: Body) -> None:
        self._body = body

    def get_object(self, **_: object) -> dict[str, Any]:
        return {"Body": self._body}

    def list_objects_v2(self, **_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "ListObjectsV2")


def bucket(*chunks: bytes | Exception) -> Bucket:
    service: Any = Service(Body(*chunks))
    return Bucket("scans", "2024", service)


def test_the_whole_object_is_there() -> None:
    with bucket(b"%P", b"DF").fetched("a.pdf", "1") as path:
        assert path.read_bytes() == b"%PDF"
    assert not path.exists()


@pytest.mark.parametrize("error", [ResponseStreamingError(error="reset"), SSLError("bad record"), OSError("reset")])
def test_a_body_that_breaks_off_is_an_error_of_the_source(error: Exception) -> None:
    with pytest.raises(OSError) as raised, bucket(b"%P", error).fetched("a.pdf", "1"):  # noqa: PT011
        pass
    assert not isinstance(raised.value, (NoRoom, FileNotFoundError))


def test_a_full_disk_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", lambda **more: open("/dev/full", "wb", buffering=0))  # noqa: PTH123, SIM115
    with pytest.raises(NoRoom, match="No space left on device"), bucket(b"%PDF").fetched("a.pdf", "1"):
        pass


def test_a_machine_without_a_folder_for_copies_misses_no_document(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(**_: object) -> None:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", missing)
    with pytest.raises(NoRoom, match="TMPDIR"), bucket(b"%PDF").fetched("a.pdf", "1"):
        pass


def test_a_bucket_that_can_t_be_listed_does_not_answer() -> None:
    with pytest.raises(OSError, match="s3://scans/2024/: the S3 service refuses: AccessDenied"):
        bucket().check()
