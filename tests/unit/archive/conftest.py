from __future__ import annotations

from pathlib import Path

import pytest

from archive.documents import Document, Source, listed
from archive.folders import Folder
from archive.stores import Store

from .reader import ReadIt, reader


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


@pytest.fixture
def scan(tmp_path: Path) -> Document:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.pdf").write_bytes(b"%PDF")
    (document,) = listed(Source(str(tmp_path / "in"), "in"), "/elsewhere")
    return document


@pytest.fixture
def read(output: Store, root: Path, scan: Document) -> ReadIt:
    """Reads pages of the scan by handlers of two servers."""
    return reader(root, scan)
