"""One page through the official pipeline, its two models played by the test."""

import time

import numpy as np
import pytest

from engines.errors import BadImage, DeadlineExceeded, UnsupportedOption
from engines.page.options import PageOptions
from engines.page.reader import PageReader
from engines.settings import EngineSettings
from engines.vlm.base import Text
from tests.unit.engines.page.conftest import box


@pytest.fixture
def read(models, page):
    reader = PageReader(models, EngineSettings())
    return lambda **options: reader.read(page, PageOptions(**options))


def test_blocks_become_markdown_in_the_order_of_the_boxes(models, read):
    models.boxes = [box("doc_title", 10, 10, 390, 60), box("text", 10, 80, 390, 200), box("table", 10, 220, 390, 400)]
    page = read()
    assert page.markdown.startswith("# some text\n\nsome text\n\n")
    assert [block["block_label"] for block in page.result["parsing_res_list"]] == ["doc_title", "text", "table"]
    assert [crop.prompt for crop in models.crops] == ["OCR:", "OCR:", "Table Recognition:"]
    assert page.tokens == 27


def test_headers_and_page_numbers_are_blocks_but_not_markdown(models, read):
    models.boxes = [box("header", 10, 10, 390, 30), box("text", 10, 80, 390, 200), box("number", 200, 580, 220, 599)]
    page = read()
    assert page.markdown == "some text"
    assert len(page.result["parsing_res_list"]) == 3


def test_an_image_is_cut_out_and_named_in_the_markdown(models, read):
    models.boxes = [box("image", 0, 0, 50, 50, unread="figure")]
    page = read()
    assert list(page.images) == ["imgs/img_in_image_box_0_0_50_50.jpg"]
    assert "imgs/img_in_image_box_0_0_50_50.jpg" in page.markdown
    assert page.images["imgs/img_in_image_box_0_0_50_50.jpg"].startswith(b"\xff\xd8")
    assert [(warning.type, warning.message[:15]) for warning in page.warnings] == [("left_as_image", "1 figure left a")]


def test_images_can_be_left_out_of_the_answer(models, read):
    models.boxes = [box("image", 0, 0, 50, 50)]
    assert read(returnMarkdownImages=False).images == {}


def test_crops_are_rgb_and_carry_their_lines_in_crop_pixels(models, read):
    line = [[12, 22], [40, 22], [40, 30], [12, 30]]
    models.boxes = [box("text", 10.7, 20.2, 50, 50, lines=[line])]
    read()
    [crop] = models.crops
    assert crop.image.shape == (30, 40, 3)
    assert tuple(crop.image[5, 5]) == (255, 0, 0)
    assert crop.options.lines == (((2, 2), (30, 2), (30, 10), (2, 10)),)


def test_a_table_keeps_its_lines_too(models, read):
    models.boxes = [box("table", 10, 20, 300, 200, lines=[[[12, 22], [40, 22], [40, 30], [12, 30]]])]
    read()
    assert models.crops[0].options.lines is not None


def test_merged_crops_carry_no_lines(models, read):
    line = [[12, 110], [40, 110], [40, 120], [12, 120]]
    models.boxes = [
        box("text", 10, 100, 190, 200, lines=[line]),
        box("text", 200, 20, 380, 190, lines=[line]),
    ]
    read()
    [merged] = models.crops
    assert merged.image.shape[0] == 100 + 170
    assert merged.options.lines is None


def test_lines_and_unread_never_reach_the_answer(models, read):
    models.boxes = [box("text", 10, 20, 300, 200, lines=[[[12, 22], [40, 22], [40, 30], [12, 30]]], unread="formula")]
    [found] = read().result["layout_det_res"]["boxes"]
    assert found.keys() == {"cls_id", "label", "score", "coordinate", "order"}


def test_layout_options_reach_the_layout_model(models, read):
    read(layoutThreshold=0.7, layoutUnclipRatio=(1.1, 1.2))
    assert models.layout_options == {
        "threshold": 0.7,
        "layout_unclip_ratio": (1.1, 1.2),
        "layout_shape_mode": "auto",
        "filter_overlap_boxes": False,
    }


@pytest.mark.parametrize("options", [{}, {"useDocOrientationClassify": False}, {"useDocUnwarping": False}])
def test_a_page_is_left_as_it_is_unless_asked(models, read, options):
    result = read(**options).result
    assert (result["width"], result["height"]) == (400, 600)
    assert "doc_preprocessor_res" not in result
    assert models.preprocess_options is None


def test_vlm_options_reach_every_crop(models, read):
    models.boxes = [box("text", 10, 20, 300, 200), box("table", 10, 220, 300, 300)]
    read(maxNewTokens=7, vlmExtraArgs={"table_min_pixels": 5})
    text, table = (crop.options for crop in models.crops)
    assert (text.max_new_tokens, table.max_new_tokens) == (7, 7)
    assert (text.min_pixels, table.min_pixels) == (112896, 5)
    assert text.deadline is not None


def test_without_layout_the_page_is_one_block(models, read):
    page = read(useLayoutDetection=False, promptLabel="table")
    [crop] = models.crops
    assert crop.prompt == "Table Recognition:"
    assert crop.image.shape == (600, 400, 3)
    assert "layout_det_res" not in page.result


def test_text_that_could_not_be_read_is_told(models, read):
    models.boxes = [box("text", 10, 20, 300, 200)]
    models.answer = Text("", tokens=0, finish_reason="length", warnings=("2 lines could not be read",))
    found = {(warning.type, warning.message) for warning in read().warnings}
    assert ("unreadable_text", "2 lines could not be read") in found
    assert "cut_short" in {kind for kind, _ in found}


def test_a_deadline_that_passed_stops_the_page_before_any_work(models, read):
    with pytest.raises(DeadlineExceeded):
        read(deadline=time.time() - 1)
    assert models.layout_options == {}


def test_a_crop_that_missed_the_deadline_fails_the_page(models, read):
    models.boxes = [box("text", 10, 20, 300, 200)]
    models.answer = Text("half", tokens=1, finish_reason="deadline")
    with pytest.raises(DeadlineExceeded):
        read()


def test_an_option_that_the_engine_lacks_is_refused_by_name(models, read):
    with pytest.raises(UnsupportedOption, match="useChartRecognition"):
        read(useChartRecognition=True)


def test_what_need_not_be_honoured_is_left_out_and_told(models, read):
    models.boxes = [box("text", 10, 10, 390, 60)]
    page = read(useChartRecognition=True, useSealRecognition=True, ifAble=["useChartRecognition", "useSealRecognition"])
    assert page.result["model_settings"]["use_chart_recognition"] is False
    assert [(warning.type, warning.message.partition(":")[0]) for warning in page.warnings] == [
        ("not_honoured", "useChartRecognition"),
        ("not_honoured", "useSealRecognition"),
    ]
    with pytest.raises(UnsupportedOption, match="useSealRecognition"):
        read(useChartRecognition=True, useSealRecognition=True, ifAble=["useChartRecognition"])


def test_what_changes_nothing_is_told(models, read):
    models.boxes = [box("text", 10, 20, 300, 200)]
    page = read(minPixels=5, vlmExtraArgs={"ocr_max_pixels": 50_000}, layoutUnclipRatio={"22": 1.1, "table": [1, 1.2]})
    assert [(warning.type, warning.message.partition(":")[0]) for warning in page.warnings] == [
        ("not_honoured", "minPixels"),
        ("not_honoured", "vlmExtraArgs"),
    ]
    [crop] = models.crops
    assert (crop.options.min_pixels, crop.options.max_pixels) == (5, 50_000)
    assert models.layout_options["layout_unclip_ratio"] == {22: 1.1, "table": (1, 1.2)}


def test_what_weknora_always_sends_is_read(models, read):
    models.boxes = [box("text", 10, 20, 300, 200)]
    page = read(
        useLayoutDetection=True,
        useChartRecognition=False,
        useSealRecognition=True,
        layoutShapeMode="auto",
        promptLabel="ocr",
        layoutNms=True,
        repetitionPenalty=1,
        temperature=0,
        topP=1,
        minPixels=147384,
        maxPixels=2822400,
        ifAble=["useChartRecognition", "useSealRecognition"],
    )
    assert [warning.message.partition(":")[0] for warning in page.warnings] == [
        "useSealRecognition",
        "minPixels",
        "maxPixels",
    ]


def test_bytes_that_are_no_image_are_refused(models):
    with pytest.raises(BadImage):
        PageReader(models, EngineSettings()).read(b"junk", PageOptions())


def test_a_blank_page_is_an_empty_answer(models, read):
    page = read()
    assert (page.markdown, page.tokens, page.warnings, page.images) == ("", 0, [], {})
    assert page.result["parsing_res_list"] == []
    assert np.array_equal([page.result["width"], page.result["height"]], [400, 600])
