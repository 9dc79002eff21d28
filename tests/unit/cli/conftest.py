from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OCR_SERVER", "OCR_API_KEY"):
        monkeypatch.delenv(name, raising=False)
