"""Results in an S3 bucket: any service that speaks the protocol, Cloud.ru Object Storage among them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from gateway.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Not from the machine's table, which differs; Markdown's type is not whole without its charset (RFC 7763).
_CONTENT_TYPES = {
    ".md": "text/markdown; charset=utf-8",
    ".json": "application/json",
    ".jpg": "image/jpeg",
    ".png": "image/png",
}
# What the answer to HEAD, which has no body, can mean.
_MEANINGS = {
    "301": "301, the bucket is in another region: see S3_REGION",
    "403": "403, the keys or what they may do: see S3_ACCESS_KEY and S3_SECRET_KEY",
    "404": "404, there is no such bucket: see S3_BUCKET",
}


class S3Error(Exception):
    """The bucket could not be reached, or refused; the message names no key."""


class S3Store:
    """Uploads results under `prefix` of one bucket, at most `threads` at once.

    The threads are its own: a service that takes connections and says nothing holds them for minutes, and would use up
    those that the rest of the gateway works with.
    """

    def __init__(
        self, client: S3Client, *, endpoint: str, bucket: str, prefix: str, presign_seconds: int, threads: int
    ) -> None:
        self._client = client
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="s3")
        self._endpoint = endpoint.rstrip("/")
        self._bucket = bucket
        self._prefix = prefix.strip("/")
        self._presign_seconds = presign_seconds

    @classmethod
    def from_settings(cls, settings: Settings) -> S3Store | None:
        """The store that `settings` describe, or None where they describe none."""
        if settings.missing_s3_settings():
            return None
        if settings.s3_access_key is None or settings.s3_secret_key is None or settings.s3_bucket is None:
            return None
        endpoint = str(settings.s3_endpoint)
        # One for each document, and one for /health.
        threads = settings.max_requests + 1
        client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name=settings.s3_region,
            # A key of the form tenant:key goes into the signature as it stands.
            aws_access_key_id=settings.s3_access_key.get_secret_value(),
            aws_secret_access_key=settings.s3_secret_key.get_secret_value(),
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                max_pool_connections=threads,
                connect_timeout=5,
                read_timeout=30,
                retries={"mode": "standard", "total_max_attempts": 3},
                # The checksums that boto3 adds by itself since 1.36 are refused by services other than AWS.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )
        return cls(
            client,
            endpoint=endpoint,
            bucket=settings.s3_bucket,
            prefix=settings.s3_prefix,
            presign_seconds=settings.s3_presign_seconds,
            threads=threads,
        )

    async def upload(self, folder: str, files: Mapping[str, bytes], *, presigned: bool) -> dict[str, str]:
        """Upload `files` to `folder`, and give each one's address by its name.

        `presigned` addresses open without keys, for a time. Cancelled, it begins no further file.

        Raises S3Error at the first file that fails.
        """
        given_up = threading.Event()
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, self._upload, folder, files, presigned, given_up
            )
        finally:
            given_up.set()

    async def check(self) -> None:
        """Raise S3Error unless the bucket answers."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._check)

    def close(self) -> None:
        """Close all connections."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    def _upload(
        self, folder: str, files: Mapping[str, bytes], presigned: bool, given_up: threading.Event
    ) -> dict[str, str]:
        urls: dict[str, str] = {}
        try:
            for name, data in files.items():
                if given_up.is_set():
                    break
                urls[name] = self._put(f"{folder}/{name}", data, presigned=presigned)
        except (BotoCoreError, ClientError) as error:
            raise S3Error(_reason(error)) from None
        return urls

    def _check(self) -> None:
        try:
            self._client.head_bucket(Bucket=self._bucket)
        except (BotoCoreError, ClientError) as error:
            raise S3Error(_reason(error)) from None

    def _put(self, name: str, data: bytes, *, presigned: bool) -> str:
        key = f"{self._prefix}/{name}" if self._prefix else name
        kind = _CONTENT_TYPES.get(PurePosixPath(name).suffix, "application/octet-stream")
        self._client.put_object(Bucket=self._bucket, Key=key, Body=data, ContentType=kind)
        if presigned:
            return self._client.generate_presigned_url(
                "get_object", Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=self._presign_seconds
            )
        return f"{self._endpoint}/{quote(self._bucket)}/{quote(key)}"


def _reason(error: BotoCoreError | ClientError) -> str:
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "unknown")
        return f"the S3 service refused: {_MEANINGS.get(code, code)}"
    return f"the S3 service could not be reached ({type(error).__name__})"
