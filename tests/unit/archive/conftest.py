from __future__ import annotations

from pathlib import Path

import pytest

from archive.folders import Folder
from archive.stores import Store


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OCR_SERVER", "OCR_API_KEY", "RAY_ADDRESS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def output(root: Path) -> Store:
    root.mkdir()
    return Folder(root)
