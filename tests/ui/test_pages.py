"""Turning pages, and what stays over them."""

from __future__ import annotations

from playwright.sync_api import expect
from tritonclient.utils import InferenceServerException

from tests.ui.browser import choose, read
from tests.ui.crafted_triton import Gate, block
from tests.ui.documents import three_pages


def breaks_on_the_second(number: int) -> Exception | None:
    return InferenceServerException("[engine_failure] it broke", "500") if number == 1 else None


def test_focus_zoom_and_hidden_boxes_stay_and_the_selection_goes(serve, open_ui, triton):
    triton.markdown = "first"
    triton.blocks = [block("first")]
    page = open_ui(serve()).page
    choose(page, three_pages())
    read(page)
    expect(page.locator(".status.is-good")).to_be_visible()
    page.locator(".box").click()
    expect(page.locator(".part.is-selected")).to_have_count(1)
    page.get_by_role("button", name="Larger").click()
    page.get_by_role("tab", name="Markdown").click()
    page.locator(".page-pane .pane-body").evaluate("body => body.scrollTo(0, 200)")

    following = page.get_by_role("button", name="Next page")
    following.focus()
    for number in (2, 3):
        page.keyboard.press("Enter")
        expect(page.locator(".pane-title")).to_have_text(f"Page {number} of 3")
        expect(following).to_be_focused()
        expect(page.locator(".sheet")).to_have_attribute("style", "width: 150%; aspect-ratio: 1653 / 2339;")
        expect(page.locator(".is-selected")).to_have_count(0)
        assert page.locator(".page-pane .pane-body").evaluate("body => body.scrollTop") == 0
    expect(following).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Enter")
    expect(page.locator(".pane-title")).to_have_text("Page 3 of 3")
    expect(following).to_be_focused()
    expect(page.get_by_role("tab", name="Markdown")).to_have_attribute("aria-selected", "true")

    page.get_by_role("button", name="Blocks").click()
    expect(page.locator(".box")).to_have_count(0)
    page.get_by_role("button", name="Previous page").click()
    expect(page.locator(".pane-title")).to_have_text("Page 2 of 3")
    expect(page.locator(".box")).to_have_count(0)


def test_a_page_that_failed_is_told_apart_and_can_be_turned_over(serve, open_ui, triton):
    triton.gate = Gate()
    triton.fails = breaks_on_the_second
    page = open_ui(serve(pages_in_flight=1)).page
    page.get_by_text("Pages and options").click()
    page.get_by_label("Leave out pages that can't be read").check()
    choose(page, three_pages())
    read(page)
    told = page.get_by_role("status")
    for said in ("Page 1 is read, 1 of 3.", "Page 2 could not be read, 2 of 3."):
        triton.gate.let()
        expect(told).to_have_text(said)
    triton.gate.let()
    expect(told).to_have_text("Done: 2 pages, 1 could not be read.")

    page.get_by_role("button", name="Larger").click()
    following = page.get_by_role("button", name="Next page")
    following.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".page-failed")).to_contain_text("it broke")
    expect(following).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".pane-title")).to_have_text("Page 3 of 3")
    expect(page.locator(".sheet")).to_have_attribute("style", "width: 150%; aspect-ratio: 1653 / 2339;")
