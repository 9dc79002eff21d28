"""axe finds nothing serious, and the keyboard is enough."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tritonclient.utils import InferenceServerException

from tests.conftest import ROOT
from tests.ui.browser import choose, drop, read
from tests.ui.crafted_triton import Gate, block
from tests.ui.documents import three_pages
from tests.unit.gateway.documents import encoded, picture

AXE = ROOT / "ui" / "node_modules" / "axe-core" / "axe.min.js"


def findings(page: Page) -> list[str]:
    """What axe holds against the page as it stands now; it comes from outside, past the page's policy."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [f"{found['impact']}: {found['id']}: {found['nodes'][0]['html']}" for found in result["violations"]]


@pytest.fixture
def document(triton):
    triton.markdown = "# A title\n\nSome text with $x^2$.\n\n<table><tr><td>a</td><td>b</td></tr></table>"
    triton.blocks = [block("A title", "doc_title"), block("Some text with $x^2$.", at=1), block("a b", "table", at=2)]
    return {"name": "page.png", "mimeType": "image/png", "buffer": encoded(picture((420, 300)))}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1360, 860), (390, 844)], ids=["wide", "narrow"])
def test_axe_finds_nothing(serve, open_ui, triton, document, scheme, size):
    watched = open_ui(serve(), scheme=scheme, size=size)
    page = watched.page
    seen = {"start": findings(page)}
    page.get_by_text("Pages and options").click()
    seen["options"] = findings(page)
    page.get_by_role("button", name="API key").click()
    seen["key"] = findings(page)
    page.get_by_role("button", name="Close").click()
    choose(page, document)
    seen["chosen"] = findings(page)
    page.get_by_role("button", name="Read", exact=True).click()
    expect(page.locator(".status.is-good")).to_be_visible()
    seen["result"] = findings(page)
    page.locator(".box").nth(1).click()
    for tab in ("Text", "Markdown", "JSON"):
        page.get_by_role("tab", name=tab).click()
        seen[tab] = findings(page)
    watched.keep(f"axe-result-{scheme}-{size[0]}")
    page.get_by_role("button", name="Another document").click()
    choose(page, {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"just words"})
    page.get_by_role("button", name="Read", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    seen["error"] = findings(page)
    watched.keep(f"axe-error-{scheme}-{size[0]}")
    page.get_by_role("button", name="Back to the options").click()
    expect(page.locator("summary")).to_be_focused()
    seen["back"] = findings(page)
    assert {view: found for view, found in seen.items() if found} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1360, 860), (390, 844)], ids=["wide", "narrow"])
def test_axe_finds_nothing_where_a_reading_is_left(serve, open_ui, triton, scheme, size):
    triton.gate = Gate()
    triton.fails = lambda number: InferenceServerException("[engine_failure] it broke", "500") if number == 1 else None
    watched = open_ui(serve(pages_in_flight=1), scheme=scheme, size=size)
    page = watched.page
    page.get_by_text("Pages and options").click()
    page.get_by_label("Leave out pages that can't be read").check()
    choose(page, three_pages())
    read(page)
    triton.gate.let(2)
    expect(page.locator(".status")).to_contain_text("2 of 3 pages")
    seen = {}
    for name in ("waiting", "failed"):
        page.get_by_role("button", name="Page 3" if name == "waiting" else "Page 2").click()
        seen[name] = findings(page)
        watched.keep(f"axe-{name}-{scheme}-{size[0]}")
    page.get_by_role("button", name="Cancel").click()
    seen["cancelled"] = findings(page)
    expect(page.get_by_role("button", name="Back to the options")).to_be_enabled()
    seen["settled"] = findings(page)
    drop(page, "second.png", "image/png", encoded(picture()))
    expect(page.get_by_role("dialog")).to_be_visible()
    seen["asked"] = findings(page)
    watched.keep(f"axe-asked-{scheme}-{size[0]}")
    assert {view: found for view, found in seen.items() if found} == {}


def test_the_keyboard_is_enough(serve, open_ui, document):
    page = open_ui(serve()).page
    page.on("filechooser", lambda chooser: chooser.set_files([document]))
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "choose":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Read", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page.locator(".status.is-good")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("Done: 1 page.")

    page.locator(".box").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".box").nth(1)).to_be_focused()
    expect(page.locator(".box").nth(1).locator(".tip")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".part").nth(1)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".part").nth(1).locator(".locate")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator(".box").first).to_be_focused()

    for tab in ("Markdown", "JSON"):
        page.get_by_role("tab", name=tab).focus()
        expect(page.locator(".piece.is-selected")).to_have_count(1)
        pieces = page.locator(".piece")
        page.locator(".box").first.focus()
        page.keyboard.press("Enter")
        expect(pieces.first).to_be_focused()
        page.keyboard.press("ArrowDown")
        expect(pieces.nth(1)).to_be_focused()
        # The group is one stop of the Tab key, wherever the focus is in it.
        page.keyboard.press("Shift+Tab")
        expect(page.get_by_role("tabpanel")).to_be_focused()
        page.keyboard.press("Tab")
        expect(pieces.first).to_be_focused()
        page.keyboard.press("End")
        expect(pieces.last).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator(".box").last).to_be_focused()
        expect(page.locator(".box").last).to_have_attribute("aria-current", "true")
        page.locator(".box").first.focus()
        page.keyboard.press("Enter")
        expect(pieces.first).to_be_focused()

    page.get_by_role("tab", name="Text").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Markdown")).to_have_attribute("aria-selected", "true")
