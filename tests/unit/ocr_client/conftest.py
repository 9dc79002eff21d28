from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import httpx2
import pytest

from ocr_client import AsyncClient, Client, Retries

from .server import URL

Call = Callable[..., Any]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OCR_SERVER", "OCR_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Call:
    """Calls a method of either client, with a handler in place of the network: `call(handler, "read", b"…")`."""

    def call(handler: Any, method: str, *arguments: Any, attempts: int = 3, key: str | None = None, **more: Any) -> Any:
        settings: dict[str, Any] = {
            "transport": httpx2.MockTransport(handler),
            "retries": Retries(attempts, first_seconds=0),
            "api_key": key,
        }
        if request.param == "sync":
            with Client(URL, **settings) as client:
                return getattr(client, method)(*arguments, **more)

        async def run() -> Any:
            async with AsyncClient(URL, **settings) as client:
                return await getattr(client, method)(*arguments, **more)

        return anyio.run(run)

    return call
