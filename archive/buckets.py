"""A bucket of any S3 service as a store.

Address, region, keys and authorities come from boto3's own variables and files: AWS_ENDPOINT_URL_S3, AWS_REGION,
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_PROFILE, AWS_CA_BUNDLE.
"""

from __future__ import annotations

import errno
import io
import itertools
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, cast

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from archive.stores import Changed, Item, NoRoom

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_DELETED_AT_ONCE = 1000
"""Most that DeleteObjects takes."""
_CHUNK = 128 << 10
"""Bytes of a file that is read in parts."""
_CONTENT_TYPES = {".md": "text/markdown; charset=utf-8", ".json": "application/json", ".jpg": "image/jpeg"}
_MISSING = {"404", "NoSuchKey", "NotFound"}
_CHANGED = {"412", "PreconditionFailed", "ConditionalRequestConflict"}


class Bucket:
    """Objects of one bucket below `prefix`. The methods may run on several threads."""

    def __init__(self, name: str, prefix: str, client: S3Client | None = None) -> None:
        self._name = name
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client = client or _client()

    def check(self) -> None:
        """As Store has it."""
        with self._told(""):
            self._client.list_objects_v2(Bucket=self._name, Prefix=self._prefix, MaxKeys=1)

    def list(self, prefix: str = "") -> Iterator[Item]:
        """As Store has it; a thousand are asked for and held at a time."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._name, Prefix=self._prefix + prefix)
        with _translated(f"s3://{self._name}/{self._prefix}{prefix}"):
            for page in pages:
                for found in page.get("Contents", ()):
                    key = found["Key"].removeprefix(self._prefix)
                    # Some tools make a folder visible by an object of that name.
                    if key and not key.endswith("/"):
                        yield Item(key, found["Size"], found["ETag"].strip('"'))

    def item(self, key: str) -> Item:
        """As Store has it."""
        with self._told(key):
            found = self._client.head_object(Bucket=self._name, Key=self._prefix + key)
        return Item(key, found["ContentLength"], found["ETag"].strip('"'))

    def read(self, key: str) -> bytes:
        """As Store has it."""
        with self._told(key):
            return self._client.get_object(Bucket=self._name, Key=self._prefix + key)["Body"].read()

    @contextmanager
    def opened(self, key: str) -> Iterator[BinaryIO]:
        """As Store has it."""
        with io.BufferedReader(_Ranges(self, key), _CHUNK) as file:
            yield cast(BinaryIO, file)

    @contextmanager
    def fetched(self, key: str, version: str) -> Iterator[Path]:
        """As Store has it; the file goes with the block."""
        with _here():
            # Without a buffer, whose rest would be written, and fail, once more when the file is closed.
            copy = tempfile.NamedTemporaryFile(prefix="ocr-archive-", buffering=0)  # noqa: SIM115 - the next block
        with copy:
            with self._told(key):
                body = self._client.get_object(Bucket=self._name, Key=self._prefix + key, IfMatch=version)["Body"]
                for chunk in body.iter_chunks(1 << 20):
                    with _here():
                        _write_all(copy, chunk)
            yield Path(copy.name)

    def write(self, key: str, content: bytes | Path) -> None:
        """As Store has it: an object is there once all of it has come."""
        kind = _CONTENT_TYPES.get(Path(key).suffix, "application/octet-stream")
        with self._told(key):
            if isinstance(content, Path):
                extra = {"ContentType": kind}
                self._client.upload_file(str(content), self._name, self._prefix + key, ExtraArgs=extra)
            else:
                self._client.put_object(Bucket=self._name, Key=self._prefix + key, Body=content, ContentType=kind)

    def create(self, key: str, content: bytes) -> None:
        """As Store has it, where the service knows If-None-Match."""
        try:
            with self._told(key):
                self._client.put_object(Bucket=self._name, Key=self._prefix + key, Body=content, IfNoneMatch="*")
        except Changed as error:
            raise FileExistsError(errno.EEXIST, "it is there", key) from error

    def delete(self, keys: Iterable[str]) -> None:
        """As Store has it."""
        left = iter(keys)
        while some := list(itertools.islice(left, _DELETED_AT_ONCE)):
            with self._told(some[0]):
                answer = self._client.delete_objects(
                    Bucket=self._name,
                    Delete={"Objects": [{"Key": self._prefix + key} for key in some], "Quiet": True},
                )
            if failed := answer.get("Errors"):
                raise OSError(f"s3://{self._name}/{failed[0].get('Key')} can't be removed: {failed[0].get('Code')}")

    def part(self, key: str, first: int, count: int) -> bytes:
        """`count` bytes from `first` on. Raises OSError."""
        with self._told(key):
            asked = f"bytes={first}-{first + count - 1}"
            return self._client.get_object(Bucket=self._name, Key=self._prefix + key, Range=asked)["Body"].read()

    def _told(self, key: str) -> _translated:
        return _translated(f"s3://{self._name}/{self._prefix}{key}")


class _Ranges(io.RawIOBase):
    """An object that is fetched where it is read."""

    def __init__(self, bucket: Bucket, key: str) -> None:
        self._bucket = bucket
        self._key = key
        self._size = bucket.item(key).size
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._place = max(0, offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence])
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = min(len(buffer), self._size - self._place)
        if count <= 0:
            return 0
        data = self._bucket.part(self._key, self._place, count)
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)


class _translated:  # noqa: N801 - used as a function
    """Raises the errors of boto3 as Python's own."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ClientError):
            code = error.response.get("Error", {}).get("Code", "unknown")
            if code in _MISSING:
                raise FileNotFoundError(errno.ENOENT, "there is no such object", self._url) from error
            if code in _CHANGED:
                raise Changed(f"{self._url} has changed since it was listed: the next run reads it") from error
            raise OSError(f"{self._url}: the S3 service refuses: {code}") from error
        # botocore lets some of urllib3's through where the connection of a body breaks.
        if isinstance(error, (BotoCoreError, Boto3Error, HTTPError)):
            raise OSError(f"{self._url}: {error}") from error


@contextmanager
def _here() -> Iterator[None]:
    """Raises what goes wrong with a copy as NoRoom: it says nothing of the object."""
    try:
        yield
    except OSError as error:
        raise NoRoom(f"no copy of a document can be kept on this machine (TMPDIR): {error}") from error


def _write_all(file: IO[bytes], data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def _client() -> S3Client:
    # boto3 looks at AWS_DEFAULT_REGION alone; other services take any region.
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return boto3.client(
        "s3",
        region_name=region or "us-east-1",
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            max_pool_connections=64,
            connect_timeout=10,
            read_timeout=60,
            retries={"mode": "standard", "total_max_attempts": 8},
            # The checksums that boto3 adds by itself since 1.36 are refused by services other than AWS.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
