"""Servers, a Ray cluster and an S3 service for archives: all of them real."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from supervisor.stack import Stack
from tests.archive.job import Job
from tests.archive.ray_cluster import RayCluster, running
from tests.s3.conftest import bucket, s3, s3_client
from tests.s3.rados_gateway import ACCESS_KEY, SECRET_KEY, RadosGateway
from tests.unit.gateway.gateway_process import gateway, wait_for

if TYPE_CHECKING:
    import subprocess

__all__ = ["bucket", "s3", "s3_client"]

StartJob = Callable[..., Job]
StartServer = Callable[[], "tuple[subprocess.Popen[str], str]"]


@pytest.fixture(scope="module")
def s3_environment(s3: RadosGateway) -> dict[str, str]:
    """What whoever uses the service has in its environment."""
    return {
        "AWS_ENDPOINT_URL_S3": s3.url,
        "AWS_REGION": "ru-central-1",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    }


@pytest.fixture(scope="module")
def ray_cluster(s3_environment: dict[str, str]) -> Iterator[RayCluster]:
    """A head and two nodes that work."""
    with running(2, **s3_environment) as cluster:
        yield cluster


@pytest.fixture
def start_server(stack: Stack, tmp_path: Path) -> Iterator[StartServer]:
    """Starts gateways of this test's own before the Triton of the run."""
    with ExitStack() as servers:

        def start() -> tuple[subprocess.Popen[str], str]:
            folder = tmp_path / f"server-{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            settings = {"OUTPUT_DIR": str(folder / "output"), "JOBS_DIR": str(folder / "jobs"), "RENDER_WORKERS": "1"}
            process, url = servers.enter_context(gateway(TRITON_URL=stack.triton_url, **settings))
            wait_for(f"{url}/livez")
            return process, url

        yield start


@pytest.fixture
def start_job() -> Iterator[StartJob]:
    """Starts `ocr archive` as Job has it; what still runs when the test is over is killed."""
    with ExitStack() as jobs:

        def start(folder: Path, *arguments: str, **more: Any) -> Job:
            job = Job(folder, *arguments, **more)
            jobs.callback(job.kill)
            return job

        yield start
