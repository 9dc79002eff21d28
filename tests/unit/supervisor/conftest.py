from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tests.unit.supervisor.world import World


@pytest.fixture(autouse=True)
def _everything_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "supervisor")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.chdir(tmp_path)
    return World(tmp_path)
