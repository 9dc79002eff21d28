"""Results in an S3 bucket: any service that speaks the protocol, Cloud.ru Object Storage among them."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from gateway.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

mimetypes.add_type("text/markdown", ".md")


class S3Error(Exception):
    """The bucket could not be reached, or refused; the message names no key."""


class S3Store:
    """Uploads results under `prefix` of one bucket. Thread-safe; its methods block."""

    def __init__(self, client: S3Client, *, endpoint: str, bucket: str, prefix: str, presign_seconds: int) -> None:
        self._client = client
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
        )

    def upload(self, folder: str, files: Mapping[str, bytes], *, presigned: bool) -> dict[str, str]:
        """Upload `files` to `folder`, and give each one's address by its name.

        `presigned` addresses open without keys, for a time.

        Raises S3Error at the first file that fails.
        """
        try:
            return {name: self._put(f"{folder}/{name}", data, presigned=presigned) for name, data in files.items()}
        except (BotoCoreError, ClientError) as error:
            raise S3Error(_reason(error)) from None

    def check(self) -> None:
        """Raise S3Error unless the bucket answers."""
        try:
            self._client.head_bucket(Bucket=self._bucket)
        except (BotoCoreError, ClientError) as error:
            raise S3Error(_reason(error)) from None

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _put(self, name: str, data: bytes, *, presigned: bool) -> str:
        key = f"{self._prefix}/{name}" if self._prefix else name
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        self._client.put_object(Bucket=self._bucket, Key=key, Body=data, ContentType=kind)
        if presigned:
            return self._client.generate_presigned_url(
                "get_object", Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=self._presign_seconds
            )
        return f"{self._endpoint}/{quote(self._bucket)}/{quote(key)}"


def _reason(error: BotoCoreError | ClientError) -> str:
    if isinstance(error, ClientError):
        return f"the S3 service refused: {error.response.get('Error', {}).get('Code', 'unknown')}"
    return f"the S3 service could not be reached ({type(error).__name__})"
