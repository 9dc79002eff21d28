"""Makes docs/images/page-and-markdown.png from the running product: `python -m scripts.readme_picture`.

It starts Triton and the gateway on free ports, and keeps what the machine's Chromium shows of a document read at /ui.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from supervisor.free_ports import settings_on_free_ports
from supervisor.stack import Stack
from tests.ui.browser import launch

DOCUMENT = Path("samples/sample.pdf")
PICTURE = Path("docs/images/page-and-markdown.png")
_SIZE = (1280, 800)
_SHARPNESS = 1.5
"""Pixels of the picture for one of the page."""
_COLOURS = 256


def main() -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch(playwright)
        with Stack(settings_on_free_ports(Path(folder))) as stack:
            seen = _seen(browser, stack.gateway_url)
        browser.close()
    PICTURE.parent.mkdir(exist_ok=True)
    # Of few colours it is a third as large, and looks the same.
    Image.open(io.BytesIO(seen)).convert("RGB").quantize(_COLOURS).save(PICTURE, optimize=True)
    print(f"{PICTURE}: {PICTURE.stat().st_size} bytes")


def _seen(browser: Browser, base: str) -> bytes:
    """The page with the document read, one of its blocks chosen, as a PNG."""
    width, height = _SIZE
    page = browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=_SHARPNESS, locale="en-GB")
    page.goto(f"{base}/ui")
    page.locator("input[type=file]").set_input_files(DOCUMENT)
    page.get_by_role("button", name="Read", exact=True).click()
    page.locator(".status.is-good").wait_for(timeout=120_000)
    page.get_by_role("button", name="Page 2, read").click()
    page.locator('.box[data-kind="table"]').first.click()
    # Nothing moves or fades any more.
    page.evaluate("Promise.all(document.getAnimations().map((animation) => animation.finished))")
    page.wait_for_timeout(1000)
    return page.screenshot()


if __name__ == "__main__":
    main()
