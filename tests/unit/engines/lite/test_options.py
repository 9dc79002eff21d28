from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from engines.errors import BadOption, UnsupportedOption
from engines.layout.base import LABELS
from engines.lite.layout_options import LayoutOptions
from engines.lite.options import (
    LAYOUT,
    PREPROCESS,
    VLM,
    WITHOUT_EFFECT,
    layout_refusal,
    preprocess_refusal,
    vlm_refusal,
)
from engines.refusals import first_of
from engines.settings import EngineSettings
from engines.table import make_notice, make_refusal

refusal = first_of((layout_refusal, preprocess_refusal, vlm_refusal))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", 0.1),
        ("topP", 0.9),
        ("repetitionPenalty", 1.1),
        ("useChartRecognition", True),
        ("useSealRecognition", True),
        ("useDocUnwarping", True),
        ("useDocOrientationClassify", True),
        ("promptLabel", "formula"),
        ("promptLabel", "spotting"),
        ("layoutNms", False),
        ("layoutMergeBboxesMode", "union"),
        ("layoutShapeMode", "poly"),
    ],
)
def test_what_the_engine_lacks_is_refused_with_a_reason(name: str, value: object) -> None:
    reason = refusal(name, value)
    assert reason is not None
    assert reason.startswith(f"{name}: ")
    assert {**LAYOUT, **PREPROCESS, **VLM}[name] in reason


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", None),
        ("temperature", 0.0),
        ("topP", 1.0),
        ("repetitionPenalty", 1.0),
        ("useChartRecognition", False),
        ("promptLabel", "ocr"),
        ("promptLabel", "table"),
        ("layoutNms", True),
        ("layoutShapeMode", "auto"),
        ("maxNewTokens", 10),
        ("minPixels", 1),
    ],
)
def test_what_it_has_or_is_not_asked_for_is_not(name: str, value: object) -> None:
    assert refusal(name, value) is None


@pytest.mark.parametrize(("name", "value"), [("temperature", 0.5), ("repetitionPenalty", 1.2), ("promptLabel", "seal")])
def test_a_server_that_reads_the_crops_takes_what_the_lite_recogniser_refuses(name: str, value: object) -> None:
    assert make_refusal(EngineSettings(engine="lite"))(name, value)
    assert make_refusal(with_a_server())(name, value) is None


@pytest.mark.parametrize(
    ("name", "value"), [("layoutShapeMode", "poly"), ("useDocUnwarping", True), ("useChartRecognition", True)]
)
def test_what_the_lite_layout_lacks_is_refused_with_a_server_too(name: str, value: object) -> None:
    assert make_refusal(with_a_server())(name, value)


@pytest.mark.parametrize(
    ("name", "value"), [("temperature", 0.5), ("topP", 0.5), ("repetitionPenalty", 1.2), ("promptLabel", "spotting")]
)
def test_what_the_kind_of_server_lacks_is_refused(name: str, value: object) -> None:
    reason = make_refusal(with_a_server("transformers"))(name, value)
    assert reason is not None
    assert reason.startswith(f"{name}: ")
    assert "VLM_BACKEND" in reason
    assert make_refusal(with_a_server("vllm"))(name, value) is None


def with_a_server(kind: str = "vllm") -> EngineSettings:
    return EngineSettings.model_validate(
        {"engine": "lite", "vlm_engine": "server", "vlm_url": "http://127.0.0.1:1/v1", "vlm_backend": kind}
    )


@pytest.mark.parametrize(("name", "value"), [("temperature", 0.0), ("topP", 1.0), ("repetitionPenalty", 1.0)])
@pytest.mark.parametrize("kind", ["transformers", "openai", "llama-cpp", "vllm"])
def test_what_asks_for_nothing_is_refused_by_no_kind_of_server(kind: str, name: str, value: object) -> None:
    assert make_refusal(with_a_server(kind))(name, value) is None


@pytest.mark.parametrize(
    ("name", "value"), [("minPixels", 1), ("maxPixels", 1), ("vlmExtraArgs", {"table_min_pixels": 1})]
)
def test_what_changes_nothing_is_taken_and_told(name: str, value: object) -> None:
    assert make_refusal(EngineSettings(engine="lite"))(name, value) is None
    notice = make_notice(EngineSettings(engine="lite"))
    assert notice(name, value) == f"{name}: {WITHOUT_EFFECT[name]}."
    assert notice(name, None) is None
    assert make_notice(with_a_server())(name, value) is None


def test_what_has_its_effect_is_not_told() -> None:
    notice = make_notice(EngineSettings(engine="lite"))
    assert notice("vlmExtraArgs", {}) is None
    assert notice("maxNewTokens", 10) is None


def test_asking_loads_no_model_library() -> None:
    heavy = {"cv2", "numpy", "onnxruntime", "openvino"}
    code = f"import sys, engines.lite.options; print({heavy} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"


def test_layout_options_by_class_number_digits_and_label() -> None:
    options = LayoutOptions.read({"threshold": {LABELS.index("table"): 0.7, "22": 0.6, "image": 0.5}})
    assert options.threshold_of("table") == 0.7
    assert options.threshold_of(LABELS[22]) == 0.6
    assert options.threshold_of("image") == 0.5
    assert options.threshold_of("header") is None


def test_one_layout_option_for_all_classes() -> None:
    options = LayoutOptions.read({"threshold": 0.3, "layout_unclip_ratio": [1.0, 1.2], "layout_nms": None})
    assert options.threshold_of("table") == 0.3
    assert options.unclip_of("text") == (1.0, 1.2)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"threshold": {"99": 0.5}}, BadOption),
        ({"threshold": {"nonsense": 0.5}}, BadOption),
        ({"threshold": 2}, BadOption),
        ({"layout_unclip_ratio": 0}, BadOption),
        ({"layout_unclip_ratio": [1, 2, 3]}, BadOption),
        ({"treshold": 0.5}, BadOption),
        ({"layout_merge_bboxes_mode": "large"}, UnsupportedOption),
        ({"layout_nms": False}, UnsupportedOption),
        ({"layout_shape_mode": "quad"}, UnsupportedOption),
    ],
)
def test_layout_options_that_are_wrong_or_refused(options: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        LayoutOptions.read(options)
