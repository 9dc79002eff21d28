"""PaddleX's own predictors on made weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engines.paddlex_models import open_predictor
from engines.settings import EngineSettings
from engines.weights.models import Model
from scripts.made_weights import MODEL_FOLDERS

Open = Callable[[Path, str], Any]


@pytest.fixture(scope="session")
def opened() -> Open:
    """A function that gives the predictor of a model in a MODEL_DIR, the same one each time."""
    settings, known = EngineSettings(device="cpu"), {}

    def open_once(folder: Path, name: str) -> Any:
        if (folder, name) not in known:
            known[folder, name] = open_predictor(Model(name, folder / MODEL_FOLDERS.get(name, name)), settings)
        return known[folder, name]

    return open_once
