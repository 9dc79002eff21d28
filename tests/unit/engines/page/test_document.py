"""A document's pages put together by PaddleX, from their results alone."""

import copy
import time
from contextlib import suppress

import pytest

from engines.errors import BadOption, InvalidInput
from engines.page.document import restructure
from engines.page.document_options import DocumentOptions
from tests.unit.engines.page.conftest import box

TABLE = "<table><tr><td>Name</td><td>Sum</td></tr><tr><td>{}</td><td>1</td></tr></table>"


def test_a_table_over_a_page_break_becomes_one(result):
    pages = [
        result(TABLE.format("Anna"), box("table", 10, 300, 390, 590)),
        result(TABLE.format("Boris"), box("table", 10, 10, 390, 300)),
    ]
    joined = restructure(pages, DocumentOptions())
    assert "Anna" in joined[0].markdown
    assert "Boris" in joined[0].markdown
    assert joined[0].markdown.count("Name") == 1
    assert "Boris" not in joined[1].markdown


def test_tables_stay_apart_when_asked(result):
    pages = [result(TABLE.format(name), box("table", 10, 10, 390, 590)) for name in ("Anna", "Boris")]
    joined = restructure(pages, DocumentOptions(mergeTables=False))
    assert "Boris" in joined[1].markdown


def test_title_levels_are_set_over_the_document(result):
    pages = [
        result("1 Start", box("paragraph_title", 10, 10, 390, 60)),
        result("1.1 Part", box("paragraph_title", 10, 10, 390, 40)),
    ]
    first, second = restructure(pages, DocumentOptions())
    assert first.markdown == "## 1 Start"
    assert second.markdown == "### 1.1 Part"


def test_pages_can_be_one(result):
    pages = [result("one", box("text", 10, 10, 390, 60)), result("two", box("text", 10, 10, 390, 60))]
    [whole] = restructure(pages, DocumentOptions(concatenatePages=True))
    assert whole.markdown == "one\n\ntwo"
    assert whole.result["page_count"] == 2


def test_images_keep_their_names(result):
    pages = [result("", box("image", 0, 0, 50, 50)), result("text", box("text", 10, 10, 390, 60))]
    assert "imgs/img_in_image_box_0_0_50_50.jpg" in restructure(pages, DocumentOptions())[0].markdown


def test_no_pages_are_no_pages():
    assert restructure([], DocumentOptions()) == []


@pytest.mark.parametrize("page", [{}, {"parsing_res_list": 3}, {"model_settings": {}, "parsing_res_list": [{}]}])
def test_what_is_no_page_is_refused(page):
    with pytest.raises(InvalidInput, match="prunedResult"):
        restructure([page], DocumentOptions())


@pytest.fixture
def tables(result):
    """Two pages that are one table each, with these contents."""

    def made(first: str, second: str):
        pages = [result(TABLE.format("Anna"), box("table", 10, 10, 390, 590)) for _ in range(2)]
        pages = copy.deepcopy(pages)
        for page, table in zip(pages, (first, second), strict=True):
            page["parsing_res_list"][0]["block_content"] = table
        return pages

    return made


def content(page) -> str:
    return page.result["parsing_res_list"][0]["block_content"]


@pytest.mark.parametrize(
    "span", ["1000000000", "abc", "-1", "0", "1e9", "", "9" * 5000, "\u0663", "1_0", " 7", "&#57;9999999"]
)
@pytest.mark.parametrize("name", ["colspan", "rowspan", "COLSPAN"])
def test_a_span_of_any_kind_costs_no_memory_and_no_text(tables, name, span):
    pages = tables(f'<table><tr><td {name}="{span}">Anna</td></tr></table>', "<table><tr><td>Boris</td></tr></table>")
    told = content(restructure(pages, DocumentOptions())[0])
    assert "Anna" in told
    assert span not in told or not span
    # What was sent stays as it was.
    assert span in pages[0]["parsing_res_list"][0]["block_content"]


@pytest.mark.parametrize(
    "cell",
    [
        "<td colspan=1000000000>",
        "<td colspan='1000000000'>",
        '<td a=">" colspan="1000000000">',
        "<td\nrowspan =9999999999 ",
    ],
)
def test_spans_are_found_however_they_are_written(tables, cell):
    pages = tables(f"<table><tr>{cell}Anna</td></tr></table>", TABLE.format("Boris"))
    assert "999999" not in content(restructure(pages, DocumentOptions())[0]).replace("1000000000", "999999")


def test_spans_that_may_be_stay_as_they_were_written(tables):
    table = '<table><tr><td colspan="2">Sum &amp; more</td></tr><tr><td>Anna<td>1</tr></table>'
    assert content(restructure(tables(table, ""), DocumentOptions())[0]) == table
    wide = table.replace('"2"', '"1000"')
    assert content(restructure(tables(wide, ""), DocumentOptions())[0]) == wide


@pytest.mark.parametrize(
    "table",
    [
        "<table><tr>" + '<td colspan="1000" rowspan="1000">' * 3 + "</table>",
        "<table><tr>" + "<td>a</td>" * 300_000 + "</table>",
        "<table><tr><td>" + "a" * 3_000_000 + "</table>",
    ],
)
def test_tables_that_would_be_too_large_are_refused(tables, table):
    pages = tables(table, TABLE.format("Boris"))
    with pytest.raises(InvalidInput, match="mergeTables"):
        restructure(pages, DocumentOptions())
    assert "Boris" in restructure(pages, DocumentOptions(mergeTables=False))[1].markdown


def test_tables_that_are_too_large_only_together_are_refused(tables):
    table = "<table><tr><td>" + "a" * 1_500_000 + "</table>"
    assert len(restructure(tables(table, ""), DocumentOptions())) == 2
    with pytest.raises(InvalidInput, match="mergeTables"):
        restructure(tables(table, table), DocumentOptions())


@pytest.mark.parametrize(
    "table", ["<table><tr><td>" * 3000, "<tr>" * 51, "<table><tr><td>" + "<a " * 1500, "<table>" + "<!--" * 1500]
)
def test_markup_that_would_be_parsed_for_ever_is_refused(tables, table):
    begun = time.monotonic()
    with pytest.raises(InvalidInput, match=r"rows|do not end"):
        restructure(tables(table, TABLE.format("Boris")), DocumentOptions())
    assert time.monotonic() - begun < 3


def test_less_than_in_a_table_is_no_tag_and_stays(tables):
    table = f"<table><tr><td>{'p < 0.05, ' * 300}</td></tr><tr><td>Anna</td></tr></table>"
    assert content(restructure(tables(table, ""), DocumentOptions())[0]) == table


@pytest.mark.parametrize("bbox", [[0, 0, 10, 0], [0, 0, float("inf"), 5], [0, 0], "abcd", [0, 0, float("nan"), 1]])
@pytest.mark.parametrize("label", ["paragraph_title", "table"])
def test_boxes_that_are_none_are_refused_and_break_nothing(result, bbox, label):
    page = copy.deepcopy(result("1 Start", box("paragraph_title", 10, 10, 390, 60)))
    page["parsing_res_list"][0].update(block_bbox=bbox, block_label=label)
    # Where PaddleX does not look at the box it does not matter; the rest is told as one kind of error.
    with suppress(InvalidInput):
        restructure([page, page], DocumentOptions())


def test_an_unknown_option_is_named():
    with pytest.raises(BadOption, match="mergeTable"):
        DocumentOptions.from_json(b'{"mergeTable": true}')
