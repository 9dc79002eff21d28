"""A real Chromium, and what is looked at on every page of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, Request

from tests.conftest import ROOT

SCREENSHOTS = ROOT / ".screenshots"
"""Where tests leave what they saw."""
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


def launch(playwright: Playwright) -> Browser:
    """Start the machine's Chromium; it can find no host but this machine's."""
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    assert program, "Chromium is missing: make setup-test installs it"
    # Chromium has no sandbox for root.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    alone = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    return playwright.chromium.launch(executable_path=program, args=[*sandbox, alone])


@dataclass
class Watched:
    """A page, and all that it asked for and complained about."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def asked_elsewhere(self, base: str) -> list[str]:
        """Requests for anything that is neither the server's nor the page's own."""
        return [url for url in self.requests if not url.startswith((f"{base}/", "blob:", "data:"))]

    def keep(self, name: str, *, whole: bool = False) -> None:
        """Keep a screenshot."""
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=whole)


@contextmanager
def opened(
    browser: Browser,
    base: str,
    *,
    scheme: str = "light",
    language: str = "en-GB",
    size: tuple[int, int] = (1360, 860),
) -> Iterator[Watched]:
    """The page at /ui in a fresh profile. At the end it must have asked nobody else, and complained of nothing."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        locale=language,
        # What is looked at stands still.
        reduced_motion="reduce",
        permissions=["clipboard-read", "clipboard-write"],
    )
    try:
        watched = Watched(context.new_page())
        watched.page.set_default_timeout(30_000)
        context.on("request", lambda request: _note(watched, request))
        context.on("console", lambda message: message.type == "error" and watched.complaints.append(message.text))
        watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        watched.page.goto(f"{base}/ui")
        watched.page.get_by_role("heading", level=1).wait_for()
        yield watched
        elsewhere = watched.asked_elsewhere(base)
        assert not elsewhere, elsewhere
        # An answer that is an error is one, too.
        complaints = [text for text in watched.complaints if not text.startswith("Failed to load resource")]
        assert not complaints, complaints
    finally:
        context.close()


def choose(page: Page, *files: Path | dict[str, object]) -> None:
    """Choose a file as the button's dialog does."""
    page.locator("input[type=file]").set_input_files(*files)  # type: ignore[arg-type]


def read(page: Page) -> None:
    """Press Read."""
    page.get_by_role("button", name="Read", exact=True).click()


def drop(page: Page, name: str, kind: str, data: bytes) -> None:
    """Drop a file on the page."""
    transfer = page.evaluate_handle(
        """([name, type, bytes]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], name, { type }));
            return transfer;
        }""",
        [name, kind, list(data)],
    )
    for event in ("dragover", "drop"):
        page.dispatch_event("main", event, {"dataTransfer": transfer})


def _note(watched: Watched, request: Request) -> None:
    watched.requests.append(request.url)
