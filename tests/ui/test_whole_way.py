"""From a dropped file to its downloads, through the real engine."""

from __future__ import annotations

import io
import json
import zipfile

import httpx2 as httpx
import pytest
from playwright.sync_api import expect

from tests.conftest import ROOT, SYNTH
from tests.ui.browser import choose, drop

SAMPLE = ROOT / "samples" / "sample.pdf"


@pytest.fixture(scope="module")
def answer(stack):
    """What the API says of the sample."""
    response = httpx.post(f"{stack.gateway_url}/ocr", files={"file": SAMPLE.read_bytes()}, timeout=120)
    return response.raise_for_status().json()


def downloaded(page, name: str) -> tuple[str, bytes]:
    with page.expect_download() as download:
        page.get_by_role("button", name=f"Download {name}").click()
    return download.value.suggested_filename, download.value.path().read_bytes()


def test_from_drop_to_download(stack, open_ui, answer):
    watched = open_ui(stack.gateway_url)
    page = watched.page
    watched.keep("start-light")
    drop(page, "sample.pdf", "application/pdf", SAMPLE.read_bytes())
    expect(page.get_by_text("sample.pdf")).to_be_visible()
    read = page.get_by_role("button", name="Read", exact=True)
    expect(read).to_be_focused()
    page.keyboard.press("Enter")
    pages = len(answer["pages"])
    expect(page.locator(".status.is-good")).to_contain_text(f"{pages} page", timeout=120_000)

    first = answer["pages"][0]
    expect(page.locator(".box")).to_have_count(len(first["blocks"]))
    assert page.locator(".sheet img").evaluate("image => image.naturalWidth") == first["width"]
    watched.keep("result-light")

    assert downloaded(page, ".md") == ("sample.md", answer["markdown"].encode())
    name, archive = downloaded(page, ".zip")
    assert name == "sample.zip"
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        pictures = {picture for one in answer["pages"] for picture in one["images"]}
        assert set(files.namelist()) == {"sample.md", "sample.json", *pictures}
        assert files.read("sample.md").decode() == answer["markdown"]
    told = json.loads(downloaded(page, ".json")[1])
    assert told["pages"] == answer["pages"]

    page.get_by_role("button", name="Copy all").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == answer["markdown"]


def test_a_box_finds_its_text_and_a_text_its_box(stack, open_ui):
    watched = open_ui(stack.gateway_url)
    page = watched.page
    choose(page, SYNTH / "06_en_invoice.pdf")
    page.get_by_role("button", name="Read", exact=True).click()
    table = page.locator('.box[data-kind="table"]')
    table.hover(timeout=120_000)
    expect(table.locator(".tip")).to_contain_text("table")
    expect(table.locator(".tip")).to_contain_text("%")
    table.click()
    chosen = page.locator(".part.is-selected")
    expect(chosen).to_contain_text("Hydraulic hose")
    watched.keep("selected-light")

    page.locator(".part", has_text="INVOICE 2024").click()
    expect(page.locator(".box.is-selected")).to_have_attribute("aria-label", "text, order 1, confidence 83 %")

    for tab, text in (("Markdown", "<table border=1"), ("JSON", '"label": "table"')):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tabpanel")).to_contain_text(text)
        table.click()
        expect(page.locator(".piece.is-selected")).to_contain_text("Hydraulic hose")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(stack, open_ui, scheme):
    watched = open_ui(stack.gateway_url, scheme=scheme, language="ru-RU", size=(390, 844))
    page = watched.page
    assert page.evaluate("document.documentElement.lang") == "ru"
    watched.keep(f"phone-start-{scheme}", whole=True)
    choose(page, SYNTH / "11_ru_single.pdf")
    page.get_by_role("button", name="Прочитать", exact=True).click()
    expect(page.locator(".status.is-good")).to_contain_text("1 страница", timeout=120_000)
    watched.keep(f"phone-result-{scheme}", whole=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
