"""A result is given up only where that is meant, and a document need not be chosen twice."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.ui.browser import choose, drop, read
from tests.ui.crafted_triton import Gate
from tests.ui.documents import three_pages
from tests.unit.gateway.documents import encoded, picture
from tests.waiting import until

ELSEWHERE = "http://127.0.0.1:1/other.pdf"


@pytest.fixture
def result(serve, open_ui, triton) -> Page:
    """A result whose text holds a link."""
    triton.markdown = f"before\n\n[a paper]({ELSEWHERE})\n\nafter"
    page = open_ui(serve()).page
    choose(page, {"name": "first.png", "mimeType": "image/png", "buffer": encoded(picture((420, 300)))})
    read(page)
    expect(page.locator(".status.is-good")).to_be_visible()
    return page


def test_a_double_click_on_cancel_keeps_what_is_there(serve, open_ui, triton):
    triton.gate = Gate()
    page = open_ui(serve(pages_in_flight=1)).page
    choose(page, three_pages())
    read(page)
    triton.gate.let()
    expect(page.locator(".status")).to_contain_text("1 of 3 pages")
    page.get_by_role("button", name="Cancel").dblclick()
    expect(page.locator(".status")).to_contain_text("Cancelled · 1 of 3 pages")
    for name in ("Another document", "Back to the options"):
        expect(page.get_by_role("button", name=name)).to_be_enabled()
    expect(page.locator(".markdown")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_enter_meant_for_cancel_does_nothing_after_the_end(serve, open_ui, triton):
    triton.gate = Gate()
    page = open_ui(serve()).page
    choose(page, three_pages())
    read(page)
    page.get_by_role("button", name="Cancel").focus()
    triton.gate.let(3)
    expect(page.locator(".status.is-good")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Another document")).to_be_enabled()
    page.keyboard.press("Enter")
    expect(page.locator(".markdown")).to_be_visible()


def test_a_wrong_option_is_mended_without_choosing_the_file_again(serve, open_ui):
    page = open_ui(serve()).page
    choose(page, three_pages())
    page.get_by_text("Pages and options").click()
    page.get_by_label("Pages", exact=True).fill("7")
    read(page)
    expect(page.get_by_role("alert")).to_contain_text("pages_outside")
    back = page.get_by_role("button", name="Back to the options")
    expect(back).to_be_enabled()
    back.focus()
    page.keyboard.press("Enter")
    expect(page.locator("summary")).to_be_focused()
    expect(page.locator(".chosen")).to_contain_text("three.pdf")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Pages", exact=True)).to_be_focused()
    page.keyboard.type("2")
    read(page)
    expect(page.locator(".status.is-good")).to_contain_text("1 page")


def test_a_cancelled_document_is_still_chosen(serve, open_ui, triton):
    triton.gate = Gate()
    page = open_ui(serve(), language="ru-RU").page
    choose(page, three_pages())
    page.get_by_role("button", name="Прочитать", exact=True).click()
    until(lambda: triton.in_flight)
    page.get_by_role("button", name="Отменить").click()
    page.get_by_role("button", name="Вернуться к параметрам").click()
    expect(page.locator(".chosen")).to_contain_text("three.pdf")
    page.get_by_role("button", name="Убрать").click()
    expect(page.get_by_text("Страницы и параметры")).to_be_visible()


@pytest.mark.parametrize("dragged", [".markdown a", ".header a", ".sheet img"])
def test_what_is_dragged_from_the_page_itself_is_no_document(result, dragged):
    page = result
    page.get_by_role("button", name="Blocks").click()
    page.locator(dragged).drag_to(page.locator(".toolbar"))
    page.wait_for_timeout(100)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".markdown")).to_contain_text("a paper")
    assert page.url.endswith("/ui")
    # Nor is the next, that comes from outside, taken for one of the page's own.
    drop(page, "second.png", "image/png", encoded(picture()))
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_drop_asks_before_a_result_is_given_up(result):
    page = result
    step = page.get_by_role("tab", name="Text")
    step.focus()
    for close in ("Enter", "Escape"):
        drop(page, "second.png", "image/png", encoded(picture()))
        dialog = page.get_by_role("dialog", name="Put this result away?")
        expect(dialog).to_contain_text("second.png")
        expect(dialog.get_by_role("button", name="Keep it here")).to_be_focused()
        page.keyboard.press(close)
        expect(dialog).to_have_count(0)
        expect(page.locator(".markdown")).to_be_visible()
        expect(step).to_be_focused()
    drop(page, "second.png", "image/png", encoded(picture()))
    page.get_by_role("button", name="Take the other").click()
    expect(page.locator(".chosen")).to_contain_text("second.png")
    expect(page.get_by_role("button", name="Read", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("second.png")


def test_a_pasted_address_asks_too(result):
    page = result
    page.evaluate(f"navigator.clipboard.writeText('{ELSEWHERE}')")
    page.locator("h1").click()
    page.keyboard.press("Control+V")
    expect(page.get_by_role("dialog")).to_contain_text("other.pdf")
    page.get_by_role("button", name="Keep it here").click()
    expect(page.locator(".markdown")).to_contain_text("a paper")


def test_where_nothing_was_read_nothing_is_asked(serve, open_ui):
    page = open_ui(serve()).page
    choose(page, {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"just words"})
    read(page)
    expect(page.get_by_role("alert")).to_be_visible()
    drop(page, "second.png", "image/png", encoded(picture()))
    expect(page.locator(".chosen")).to_contain_text("second.png")
