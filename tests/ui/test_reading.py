"""Pages one by one, cancelling, errors, keys, and every way in, on crafted answers."""

from __future__ import annotations

import re

from playwright.sync_api import expect
from tritonclient.utils import InferenceServerException

from gateway.access.keyring import line_of, make_key
from tests.ui.browser import choose, read
from tests.ui.crafted_triton import Gate
from tests.ui.documents import three_pages
from tests.unit.gateway.documents import encoded, picture
from tests.waiting import until


def test_pages_arrive_one_by_one(serve, open_ui, triton):
    triton.gate = Gate()
    watched = open_ui(serve(pages_in_flight=1))
    page = watched.page
    choose(page, three_pages())
    read(page)
    bar = page.get_by_role("progressbar")
    for done in (1, 2):
        triton.gate.let()
        expect(bar).to_have_attribute("aria-valuenow", str(done))
        expect(page.locator(".status")).to_contain_text(f"{done} of 3 pages · ")
        expect(page.get_by_role("button", name=f"Page {done}, read")).to_be_visible()
        expect(page.get_by_role("status")).to_have_text(f"Page {done} is read, {done} of 3.")
    expect(page.get_by_role("button", name="Page 3, waiting")).to_be_visible()
    watched.keep("pages-arrive")
    # The first page can be read meanwhile.
    expect(page.locator(".markdown")).to_have_text(re.compile("1653 x 2339|1654 x 2339"))
    triton.gate.let()
    expect(page.locator(".status.is-good")).to_contain_text("3 pages")
    expect(bar).to_have_count(0)


def test_a_cancel_reaches_the_engine_and_leaves_what_was_read(serve, open_ui, triton):
    triton.gate = Gate()
    page = open_ui(serve(pages_in_flight=1)).page
    choose(page, three_pages())
    read(page)
    triton.gate.let()
    expect(page.locator(".status")).to_contain_text("1 of 3 pages")
    until(lambda: triton.in_flight == 1)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".status")).to_contain_text("Cancelled · 1 of 3 pages")
    until(lambda: triton.cancelled == 1)
    expect(page.locator(".markdown")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download .md").click()
    assert re.fullmatch(r"165\d x 2339\n", download.value.path().read_text())
    page.get_by_role("button", name="Another document").click()
    expect(page.get_by_role("button", name="Choose a file")).to_be_focused()


def test_an_error_is_shown_as_the_api_words_it(serve, open_ui, triton):
    watched = open_ui(serve())
    page = watched.page
    choose(page, {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"just words"})
    with page.expect_response("**/ocr") as response:
        read(page)
    told = response.value.json()["error"]
    problem = page.get_by_role("alert")
    expect(problem).to_contain_text(told["message"])
    expect(problem).to_contain_text(told["code"])
    expect(problem).to_contain_text(f"HTTP {response.value.status}")
    expect(problem).to_contain_text(told["request_id"])
    watched.keep("error-light")


def test_an_error_after_some_pages_leaves_them(serve, open_ui, triton):
    triton.gate = Gate()
    triton.fails = lambda number: InferenceServerException("[engine_failure] it broke", "500") if number == 1 else None
    page = open_ui(serve(pages_in_flight=1)).page
    choose(page, three_pages())
    read(page)
    triton.gate.let()
    expect(page.locator(".markdown")).to_be_visible()
    triton.gate.let(2)
    expect(page.get_by_role("alert")).to_contain_text("it broke")
    expect(page.locator(".markdown")).to_be_visible()
    triton.fails = lambda number: None
    triton.gate.let(9)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".status.is-good")).to_contain_text("3 pages")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_pages_can_be_left_out(serve, open_ui, triton):
    triton.fails = lambda number: InferenceServerException("[engine_failure] it broke", "500") if number == 1 else None
    page = open_ui(serve(pages_in_flight=1)).page
    page.get_by_text("Pages and options").click()
    page.get_by_label("Leave out pages that can't be read").check()
    choose(page, three_pages())
    read(page)
    expect(page.locator(".status.is-good")).to_contain_text("2 pages")
    page.get_by_role("button", name="Page 2, could not be read").click()
    expect(page.locator(".page-failed")).to_contain_text("it broke")


def test_what_is_wished_is_sent(serve, open_ui, triton):
    page = open_ui(serve()).page
    choose(page, three_pages())
    page.get_by_text("Pages and options").click()
    page.get_by_label("Pages", exact=True).fill("2-3")
    page.get_by_label("Resolution").fill("72")
    page.get_by_label("Read charts as tables").select_option("on")
    page.get_by_label("Least confidence").fill("0.25")
    more = page.get_by_label("Further options")
    more.fill("{")
    expect(page.get_by_role("button", name="Read", exact=True)).to_be_disabled()
    more.fill('{"maxNewTokens": 99}')
    read(page)
    expect(page.locator(".status.is-good")).to_contain_text("2 pages")
    told = triton.options[0]
    assert (told["useChartRecognition"], told["layoutThreshold"], told["maxNewTokens"]) == (True, 0.25, 99)
    expect(page.locator(".markdown")).to_have_text("595 x 842")


def test_an_upload_is_offered_where_the_server_has_s3(serve, open_ui):
    """Here it has, but nobody answers: the reading is told so, and where the result is kept."""
    keys = {"s3_access_key": "access", "s3_secret_key": "secret"}
    for settings in ({}, {"s3_endpoint": "http://127.0.0.1:1", "s3_bucket": "results", **keys}):
        page = open_ui(serve(**settings)).page
        with page.expect_response("**/health"):
            page.get_by_text("Pages and options").click()
        upload = page.get_by_label("Upload the result to S3")
        expect(upload).to_have_count(1 if settings else 0)
    upload.select_option("on, with links that open without keys")
    page.get_by_label("Time limit, seconds").fill("60")
    expect(page.locator(".count")).to_have_text("2 set")
    choose(page, three_pages())
    read(page)
    expect(page.locator(".status.is-good")).to_be_visible()
    page.get_by_text("1 note").click()
    expect(page.locator(".notes").first).to_contain_text("the S3 service could not be reached")
    page.get_by_text("Kept by the server").click()
    expect(page.locator(".notes").last).to_contain_text("output")


def test_a_server_that_wants_a_key_gets_it(serve, open_ui, tmp_path):
    key = make_key()
    keys = tmp_path / "keys"
    keys.write_text(line_of("ui", key) + "\n")
    base = serve(api_keys_file=keys)
    page = open_ui(base).page
    page.goto(base)
    assert page.url == f"{base}/ui"
    choose(page, three_pages())
    read(page)
    expect(page.get_by_role("alert")).to_contain_text("send an API key")
    page.get_by_role("button", name="Enter a key").click()
    page.get_by_role("dialog").get_by_label("API key").fill(key)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".status.is-good")).to_contain_text("3 pages")
    assert key in page.evaluate("JSON.stringify(sessionStorage)")
    assert key not in page.evaluate("JSON.stringify(localStorage)")
    assert page.context.cookies() == []


def test_an_image_is_pasted(serve, open_ui):
    page = open_ui(serve()).page
    page.evaluate(
        """async (bytes) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], "image.png", { type: "image/png" }));
            document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true }));
        }""",
        list(encoded(picture())),
    )
    expect(page.locator(".chosen img")).to_be_visible()
    read(page)
    expect(page.locator(".markdown")).to_have_text("120 x 80")


def test_an_address_is_pasted_and_the_server_refuses_it(serve, open_ui):
    page = open_ui(serve()).page
    page.evaluate("navigator.clipboard.writeText('http://127.0.0.1:1/secret.pdf')")
    page.locator("h1").click()
    page.keyboard.press("Control+V")
    expect(page.locator(".chosen")).to_contain_text("secret.pdf")
    with page.expect_response("**/ocr") as response:
        read(page)
    expect(page.get_by_role("alert")).to_contain_text(response.value.json()["error"]["message"])


def test_a_server_that_is_gone_is_told_so(serve, open_ui):
    page = open_ui(serve()).page
    page.route("**/ocr", lambda route: route.abort("connectionrefused"))
    choose(page, three_pages())
    read(page)
    expect(page.get_by_role("alert")).to_contain_text("The server does not answer")


def test_the_choices_of_language_and_colours_stay(serve, open_ui):
    page = open_ui(serve(), language="de-DE").page
    expect(page.get_by_role("heading", level=1)).to_have_text("Read a document")
    page.get_by_label("Language").select_option("ru")
    page.get_by_label("Цвета").select_option("dark")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Прочитать документ")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
