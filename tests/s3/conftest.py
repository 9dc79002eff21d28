"""A real S3, started once a run, and the gateway that uploads to it.

The gateway is the whole application in this process, with a fake at the seam where Triton's client stands: what is
uploaded is then exactly what a test chose, however many or large its pictures, and each test has settings of its own.
"""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.s3.rados_gateway import ACCESS_KEY, SECRET_KEY, RadosGateway, missing_programs, running
from tests.unit.gateway.conftest import _no_settings_from_outside, start, triton

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

__all__ = ["_no_settings_from_outside", "start", "triton"]


@pytest.fixture(scope="session")
def s3() -> Iterator[RadosGateway]:
    """The service, running."""
    if missing := missing_programs():
        reason = f"NO S3 TO TEST WITH: {', '.join(missing)} missing; as root, `make setup-test` installs the packages"
        if os.geteuid() == 0:
            pytest.fail(reason)
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="s3-") as folder, running(Path(folder)) as service:
        yield service


@pytest.fixture
def s3_client(s3: RadosGateway) -> Iterator[S3Client]:
    client = s3.client()
    yield client
    client.close()


@pytest.fixture
def bucket(s3_client: S3Client) -> str:
    """A bucket of this test's own; it goes with the service."""
    name = f"results-{uuid.uuid4().hex[:8]}"
    s3_client.create_bucket(Bucket=name)
    return name


@pytest.fixture
def settings(s3: RadosGateway, bucket: str) -> dict[str, Any]:
    """What an operator sets to upload to `bucket`."""
    return {
        "s3_endpoint": s3.url,
        "s3_region": "ru-central-1",
        "s3_bucket": bucket,
        "s3_prefix": "ocr/results",
        "s3_access_key": ACCESS_KEY,
        "s3_secret_key": SECRET_KEY,
    }
