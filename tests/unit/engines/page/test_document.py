"""A document's pages put together by PaddleX, from their results alone."""

import pytest

from engines.errors import BadOption, InvalidInput
from engines.page.document import DocumentOptions, restructure
from engines.page.options import PageOptions
from engines.page.reader import PageReader
from engines.settings import EngineSettings
from engines.vlm.base import Text
from tests.unit.engines.page.conftest import box

TABLE = "<table><tr><td>Name</td><td>Sum</td></tr><tr><td>{}</td><td>1</td></tr></table>"


@pytest.fixture
def result(models, page):
    """Results of pages, by their boxes and the one text that is read in all of them."""

    def read(text: str, *boxes):
        models.boxes, models.answer = list(boxes), Text(text, tokens=1)
        return PageReader(models, EngineSettings()).read(page, PageOptions()).result

    return read


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


def test_an_unknown_option_is_named():
    with pytest.raises(BadOption, match="mergeTable"):
        DocumentOptions.from_json(b'{"mergeTable": true}')
