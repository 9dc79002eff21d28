"""A browser, and gateways that it can reach."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright

from gateway.app import create_app
from gateway.settings import Settings
from tests.ui.browser import Watched, launch, opened
from tests.ui.crafted_triton import CraftedTriton

Serve = Callable[..., str]
Open = Callable[..., Watched]


# As long as it is open an event loop runs in this thread, which other tests need for theirs.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def open_ui(browser: Browser) -> Iterator[Open]:
    """Opens /ui of a server; arguments are those of `opened`."""
    with ExitStack() as stack:
        yield lambda base, **manner: stack.enter_context(opened(browser, base, **manner))


@pytest.fixture
def triton() -> CraftedTriton:
    return CraftedTriton()


@pytest.fixture
def serve(triton: CraftedTriton, tmp_path: Path) -> Iterator[Serve]:
    """Starts the real gateway on a free port, `triton` behind it; settings by keyword; its address."""
    with ExitStack() as stack:

        def start(**settings: Any) -> str:
            chosen = {
                "output_dir": tmp_path / "output",
                "jobs": False,
                "render_workers": 1,
                "retry_seconds": 0,
                **settings,
            }
            return stack.enter_context(_serving(Settings(**chosen), triton))

        yield start


@contextmanager
def _serving(settings: Settings, triton: CraftedTriton) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(create_app(settings, triton), log_level="warning"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive(), "the gateway did not start"
                time.sleep(0.02)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
