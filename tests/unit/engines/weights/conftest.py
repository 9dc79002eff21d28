from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.settings import EngineSettings
from tests.unit.engines.weights.folders import official


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in EngineSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Whole weights of v1.6."""
    return official(tmp_path / "weights", "PP-DocLayoutV3", "PaddleOCR-VL-1.6-0.9B")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can enter, as pytest's own can't be."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
