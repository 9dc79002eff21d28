"""An HTTP client of the gateway that the test run has started."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx2 as httpx
import pytest

from supervisor.stack import Stack
from tests.waiting import until


@pytest.fixture(scope="session")
def client(stack: Stack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.gateway_url, timeout=120) as client:
        yield client


@pytest.fixture
def until_healthy(client: httpx.Client) -> Callable[[], object]:
    """Waits until the gateway says that the job can be done; fails after a minute."""

    def is_healthy() -> bool:
        try:
            return client.get("/health").status_code == 200
        except httpx.TransportError:
            return False

    return lambda: until(is_healthy)
