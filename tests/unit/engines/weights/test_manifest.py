from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from engines.errors import MissingWeights
from engines.weights import hashing
from engines.weights.folder import look_into
from engines.weights.manifest import verify, write
from tests.unit.engines.weights.folders import as_a_stranger, official


def quiet(_: str) -> None: ...


def refused(root: Path) -> str:
    with pytest.raises(MissingWeights) as error:
        verify(look_into(root), quiet)
    return str(error.value)


def test_sha256sum_reads_the_manifest(weights: Path) -> None:
    (weights / "PP-DocLayoutV3" / "имя файла.txt").write_text("text")
    (weights / "PP-DocLayoutV3" / "more").mkdir()
    (weights / "PP-DocLayoutV3" / "more" / "file").write_text("text")
    (weights / "fonts").mkdir()
    (weights / "fonts" / "font").write_text("not a model's")
    path = write(look_into(weights), quiet)
    assert path == weights / "SHA256SUMS"
    told = subprocess.run(["sha256sum", "--strict", "-c", path.name], cwd=weights, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    names = [line.partition("  ")[2] for line in path.read_text().splitlines()]
    assert names == sorted(names)
    assert "PP-DocLayoutV3/more/file" in names
    assert "fonts/font" not in names
    assert verify(look_into(weights), quiet) == len(names)
    assert sorted(place.name for place in weights.iterdir()) == [
        "PP-DocLayoutV3", "PaddleOCR-VL-1.6", "SHA256SUMS", "fonts"
    ]  # fmt: skip


def test_a_manifest_that_sha256sum_wrote_is_read(weights: Path) -> None:
    subprocess.run(
        "sha256sum -b $(find . -type f) > ../sums && mv ../sums SHA256SUMS", shell=True, cwd=weights, check=True
    )
    assert verify(look_into(weights), quiet) > 0


def test_without_a_manifest(weights: Path) -> None:
    said = refused(weights)
    assert f"{weights / 'SHA256SUMS'} does not exist" in said
    assert f"python -m engines.weights manifest {weights}" in said


def test_every_difference_is_named(weights: Path) -> None:
    write(look_into(weights), quiet)
    changed, absent, extra = (weights / "PaddleOCR-VL-1.6" / name for name in ("config.json", "tokenizer.model", "new"))
    changed.write_bytes(changed.read_bytes().replace(b"8", b"9", 1))
    absent.unlink()
    extra.write_text("")
    said = refused(weights)
    assert f"{changed} is not the file that the manifest was made of" in said
    assert f"{absent} does not exist" in said
    assert f"{extra} is not in the manifest" in said
    assert said.count("\n  ") == 3


def test_one_bit_of_the_weights(weights: Path) -> None:
    write(look_into(weights), quiet)
    path = weights / "PaddleOCR-VL-1.6" / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert f"{path} is not the file" in refused(weights)


@pytest.mark.parametrize("content", ["abc  file\n", "0" * 64 + "\n", "\n"])
def test_a_manifest_that_is_none(weights: Path, content: str) -> None:
    (weights / "SHA256SUMS").write_text(content)
    assert "line 1 is none of sha256sum's" in refused(weights)


def test_an_empty_manifest_lists_nothing(weights: Path) -> None:
    (weights / "SHA256SUMS").write_text("")
    assert "config.json is not in the manifest" in refused(weights)


def test_a_file_that_can_not_be_read(open_folder: Path) -> None:
    official(open_folder, "PP-DocLayoutV3", "PaddleOCR-VL-1.6-0.9B")
    write(look_into(open_folder), quiet)
    path = open_folder / "PaddleOCR-VL-1.6" / "model.safetensors"
    path.chmod(0)
    with as_a_stranger():
        assert f"{path} can't be read: Permission denied" in refused(open_folder)
        with pytest.raises(MissingWeights, match=r"model\.safetensors can't be read: Permission denied"):
            write(look_into(open_folder), quiet)


def test_a_folder_that_can_not_be_written(open_folder: Path) -> None:
    official(open_folder, "PP-DocLayoutV3", "PaddleOCR-VL-1.6-0.9B")
    with as_a_stranger(), pytest.raises(MissingWeights, match="can't be written: Permission denied"):
        write(look_into(open_folder), quiet)


def test_a_name_that_no_line_can_hold(weights: Path) -> None:
    (weights / "PP-DocLayoutV3" / "a\nb").write_text("")
    with pytest.raises(MissingWeights, match="can't hold such a name"):
        write(look_into(weights), quiet)


def test_a_manifest_that_fails_leaves_the_old_one(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(look_into(weights), quiet)
    before = path.read_bytes()
    (weights / "PP-DocLayoutV3" / "new").write_text("")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "chmod", full)
    with pytest.raises(MissingWeights, match="No space left"):
        write(look_into(weights), quiet)
    assert path.read_bytes() == before
    assert not list(weights.glob(".SHA256SUMS*"))


def test_sums_of_files_larger_than_a_piece_and_their_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "_TELL_SECONDS", 0)
    contents = [os.urandom(3_000_000), b"", os.urandom(1 << 20)]
    paths = [tmp_path / str(place) for place in range(3)]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    told: list[str] = []
    sums = hashing.sha256_of([*paths, tmp_path / "absent"], told.append)
    assert [sums[path] for path in paths] == [hashlib.sha256(content).hexdigest() for content in contents]
    assert isinstance(sums[tmp_path / "absent"], FileNotFoundError)
    assert told[-1] == "SHA-256: 0.0 of 0.0 GB"


def test_whoever_stops_it_does_not_wait_for_all_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "_TELL_SECONDS", 0)
    paths = [tmp_path / str(place) for place in range(20)]
    for path in paths:
        path.write_bytes(bytes(3 << 20))
    pieces = 0

    def stop(_: str) -> None:
        nonlocal pieces
        pieces += 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hashing.sha256_of(paths, stop)
    assert pieces < 20
