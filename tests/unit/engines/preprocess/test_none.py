"""Without models of its own, preprocessing costs nothing and is refused."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from engines.errors import UnsupportedOption
from engines.preprocess.base import UNKNOWN_ANGLE, Prepared, PreprocessOptions, RawPage
from engines.settings import EngineSettings
from engines.table import make_preprocess

PAGE = np.full((20, 10, 3), 255, np.uint8)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (PreprocessOptions(use_doc_orientation_classify=True), "useDocOrientationClassify"),
        (PreprocessOptions(use_doc_unwarping=True), "useDocUnwarping"),
    ],
)
def test_the_lite_engine_refuses_both_steps_by_their_public_names(options: PreprocessOptions, name: str) -> None:
    engine = make_preprocess(EngineSettings(engine="lite"))
    engine.load()
    refused, same = engine.prepare([RawPage(PAGE, options), RawPage(PAGE)])
    assert isinstance(refused, UnsupportedOption)
    assert name in str(refused)
    assert isinstance(same, Prepared)
    assert same.angle == UNKNOWN_ANGLE


def test_it_loads_no_model_library() -> None:
    code = (
        "import sys; from engines.settings import EngineSettings; from engines.table import make_preprocess;"
        "make_preprocess(EngineSettings(engine='lite')).load();"
        "print({'cv2', 'paddle', 'paddlex', 'onnxruntime'} & set(sys.modules))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
