"""Gateways that share jobs through a real Redis, or through a file; behind them a server of Triton's protocol."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from pydantic import HttpUrl

from tests.jobs.gateways import Gateway
from tests.jobs.redis_server import PROGRAM, RedisServer, running
from tests.unit.gateway.conftest import _no_settings_from_outside, kserve

__all__ = ["_no_settings_from_outside", "kserve"]

StartGateway = Callable[..., Gateway]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    if shutil.which(PROGRAM) is None:
        reason = f"NO REDIS TO TEST WITH: {PROGRAM} is missing; as root, `make setup-test` installs it"
        if os.geteuid() == 0:
            pytest.fail(reason)
        pytest.skip(reason)
    with running(tmp_path) as server:
        yield server


@pytest.fixture
def alone(kserve: HttpUrl, tmp_path: Path) -> Iterator[StartGateway]:
    """Starts gateways on this machine, without Redis."""
    with ExitStack() as stack:

        def start(**settings: str) -> Gateway:
            chosen = {"TRITON_URL": str(kserve), "JOBS_DIR": str(tmp_path / "jobs"), "JOB_LEASE": "2", **settings}
            return stack.enter_context(closing(Gateway(tmp_path / "gateways.log", **chosen)))

        yield start


@pytest.fixture
def shared(alone: StartGateway, redis: RedisServer) -> StartGateway:
    """Starts gateways that share jobs through Redis."""
    return lambda **settings: alone(**{"REDIS_URL": redis.url, **settings})
