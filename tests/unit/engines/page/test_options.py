"""Options of a page: the official fields, each checked, none ignored."""

import pytest

from engines.errors import BadOption
from engines.page.options import PageOptions


def test_no_options_are_the_official_defaults():
    options = PageOptions.from_json(b"")
    assert options.layout_shape_mode == "auto"
    assert options.prettify_markdown is True
    assert options.chosen() == {}
    assert options.predict_arguments()["max_new_tokens"] is None


def test_classes_in_json_keys_become_numbers():
    options = PageOptions.from_json(b'{"layoutThreshold": {"22": 0.5, "table": 0.4}, "layoutUnclipRatio": [1.0, 1.2]}')
    arguments = options.predict_arguments()
    assert arguments["layout_threshold"] == {22: 0.5, "table": 0.4}
    assert arguments["layout_unclip_ratio"] == (1.0, 1.2)


def test_a_class_is_widened_by_a_number_or_by_two():
    options = PageOptions.from_json(b'{"layoutUnclipRatio": {"22": 1.1, "table": [1.0, 1.2]}}')
    assert options.predict_arguments()["layout_unclip_ratio"] == {22: 1.1, "table": (1.0, 1.2)}


def test_pixel_budgets_reach_the_pipeline():
    options = PageOptions.from_json(b'{"vlmExtraArgs": {"table_max_pixels": 500000}}')
    assert options.predict_arguments()["vlm_extra_args"] == {"table_max_pixels": 500000}


def test_rendering_options_stay_out_of_the_pipeline():
    arguments = PageOptions.from_json(b'{"prettifyMarkdown": false, "deadline": 1.5}').predict_arguments()
    assert not {"prettify_markdown", "show_formula_number", "return_markdown_images", "deadline"} & arguments.keys()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (b'{"topP": 0}', "topP"),
        (b'{"topP": 1.1}', "topP"),
        (b'{"temperature": -1}', "temperature"),
        (b'{"repetitionPenalty": 0}', "repetitionPenalty"),
        (b'{"layoutThreshold": 2}', "layoutThreshold"),
        (b'{"layoutUnclipRatio": [1, 0]}', "layoutUnclipRatio"),
        (b'{"layoutUnclipRatio": [1, 1, 1]}', "layoutUnclipRatio"),
        (b'{"layoutUnclipRatio": {"22": 0}}', "layoutUnclipRatio.22"),
        (b'{"layoutMergeBboxesMode": "biggest"}', "layoutMergeBboxesMode"),
        (b'{"promptLabel": "poem"}', "promptLabel"),
        (b'{"maxNewTokens": 0}', "maxNewTokens"),
        (b'{"vlmExtraArgs": {"poem_max_pixels": 1}}', "poem_max_pixels"),
        (b'{"vlmextraargs": {}}', "vlmextraargs"),
        (b'{"restructurePages": true}', "restructure"),
        (b"[]", "OPTIONS"),
        (b"{", "OPTIONS"),
    ],
)
def test_what_is_wrong_is_named(text, named):
    with pytest.raises(BadOption, match=named):
        PageOptions.from_json(text)
