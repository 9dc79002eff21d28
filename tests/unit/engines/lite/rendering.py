"""Pages of the documents that ship with the tests, and settings with the weights of this checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from numpy.typing import NDArray

from engines.errors import MissingWeights
from engines.lite import weights
from engines.settings import EngineSettings

ROOT = Path(__file__).parents[4]
SYNTH = ROOT / "tests" / "data" / "synth"


@cache
def page(name: str) -> NDArray[np.uint8]:
    """The first page of a document at 200 dpi, RGB."""
    with pypdfium2.PdfDocument(SYNTH / f"{name}.pdf") as document:
        image: NDArray[np.uint8] = np.array(document[0].render(scale=200 / 72).to_pil().convert("RGB"))
    return image


def settings() -> EngineSettings:
    """Settings with weights; fails the test where `make setup` has not been run."""
    folder = ROOT / ".weights" / "lite"
    try:
        weights.check(folder, weights.ALL)
    except MissingWeights as error:
        pytest.fail(str(error))
    return EngineSettings(lite_weights=folder, lite_threads=2)
