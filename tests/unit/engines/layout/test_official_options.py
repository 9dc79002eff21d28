"""What is wrong with an option is told by its name and what was given."""

from __future__ import annotations

from typing import Any

import pytest

from engines.errors import BadOption
from engines.layout.official_options import OfficialOptions


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"threshold": 1.5}, "threshold: Input should be less than or equal to 1"),
        ({"threshold": {"text": 2}}, "threshold.text: Input should be less than or equal to 1"),
        ({"layout_unclip_ratio": {"text": [1, -2]}}, "layout_unclip_ratio.text.1: Input should be greater than 0"),
        ({"layout_merge_bboxes_mode": {"image": "all"}}, "layout_merge_bboxes_mode.image: Input should be 'large'"),
        ({"layout_shape_mode": "round"}, "layout_shape_mode: Input should be 'rect'"),
        ({"nms": True}, "nms is not an option here; known are filter_overlap_boxes, "),
    ],
)
def test_a_wrong_option_is_told_by_its_name(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BadOption) as caught:
        OfficialOptions.from_values(options)
    assert str(caught.value).startswith(complaint)


def test_a_label_stands_for_all_classes_that_bear_it() -> None:
    options = OfficialOptions.from_values({"threshold": {"footer": 0.7, "1": 0.2}})
    arguments = options.arguments({"threshold": 0.3, "layout_nms": True}, ["footer", "text", "footer"])
    assert arguments == {"threshold": {0: 0.7, 2: 0.7, 1: 0.2}, "layout_nms": True}
