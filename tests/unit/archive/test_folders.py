"""A folder as a store: whole files or none, and nothing outside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from archive.folders import Folder
from archive.stores import Changed, Store


def test_what_is_written_is_read_and_listed(output: Store) -> None:
    output.write("a/b/c.md", b"one")
    output.write("a/b/c.md", b"two")
    assert output.read("a/b/c.md") == b"two"
    assert [item.key for item in output.list("a/")] == ["a/b/c.md"]
    assert list(output.list("missing/")) == []


def test_a_file_that_can_t_be_written_leaves_the_old_one(output: Store, root: Path) -> None:
    output.write("a.md", b"old")
    with pytest.raises(FileNotFoundError):
        output.write("a.md", root / "missing")
    assert output.read("a.md") == b"old"
    assert [path.name for path in root.rglob("*") if path.is_file()] == ["a.md"]


def test_a_file_is_created_but_once(output: Store) -> None:
    output.create("a", b"first")
    with pytest.raises(FileExistsError):
        output.create("a", b"second")
    assert output.read("a") == b"first"


def test_files_are_for_everybody_whom_the_umask_lets(output: Store, root: Path) -> None:
    (root / "plain").write_bytes(b"")
    output.write("a", b"")
    assert (root / "a").stat().st_mode == (root / "plain").stat().st_mode


@pytest.mark.parametrize("key", ["../a", "a/../../b", "/etc/passwd", "a//b", "", "."])
def test_no_key_leads_out(output: Store, key: str) -> None:
    with pytest.raises(ValueError, match="is no key"):
        output.write(key, b"")


def test_a_file_that_has_changed_is_not_fetched(tmp_path: Path) -> None:
    store = Folder(tmp_path)
    (tmp_path / "a.pdf").write_bytes(b"one")
    version = store.item("a.pdf").version
    with store.fetched("a.pdf", version) as path:
        assert path.read_bytes() == b"one"
    (tmp_path / "a.pdf").write_bytes(b"other")
    with pytest.raises(Changed), store.fetched("a.pdf", version):
        pass


def test_a_folder_that_is_gone_misses_no_file(tmp_path: Path) -> None:
    store = Folder(tmp_path / "share")
    (tmp_path / "share").mkdir()
    store.check()
    with pytest.raises(FileNotFoundError), store.fetched("a.pdf", ""):
        pass
    (tmp_path / "share").rmdir()
    with pytest.raises(OSError, match="share is not there") as raised, store.fetched("a.pdf", ""):
        pass
    assert not isinstance(raised.value, FileNotFoundError)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.pdf")
    store = Folder(tmp_path)
    with pytest.raises(OSError, match="is no file"), store.fetched("a.pdf", store.item("a.pdf").version):
        pass
    with pytest.raises(OSError, match="is no file"), store.opened("a.pdf"):
        pass


def test_what_is_removed_is_gone_with_its_folder(output: Store, root: Path) -> None:
    output.write("a/b", b"")
    output.delete(["a/b", "a/never"])
    assert not (root / "a").exists()
