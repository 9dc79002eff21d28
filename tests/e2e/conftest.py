"""An HTTP client of the gateway that the test run has started."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import httpx2 as httpx
import pytest

from supervisor.stack import Stack


@pytest.fixture(scope="session")
def client(stack: Stack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.gateway_url, timeout=120) as client:
        yield client


@pytest.fixture
def until_healthy(client: httpx.Client) -> Callable[[], None]:
    """Waits until the gateway says that the job can be done; fails after a minute."""

    def wait() -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if client.get("/health").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.2)
        pytest.fail("the product was not healthy again within 60 s")

    return wait
