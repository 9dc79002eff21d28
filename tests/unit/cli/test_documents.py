from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import pytest

from cli.documents import Document, Unusable, find
from cli.names import assign


def named(*inputs: Path | str, recursive: bool = False, left_out: tuple[Path, ...] = ()) -> dict[str, str]:
    """The names of results by the labels of their documents; of what is unusable the reason."""
    found = list(find(map(str, inputs), recursive=recursive, left_out=lambda folder: folder in left_out))
    documents = [item for item in found if isinstance(item, Document)]
    names = {document.label: name for document, name in assign(documents, None)}
    return names | {item.label: item.reason for item in found if isinstance(item, Unusable)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    top = tmp_path / "scans"
    (top / "deep" / "er").mkdir(parents=True)
    for name in ("b.pdf", "a.PNG", ".hidden.pdf", "notes.txt", "deep/c.tiff", "deep/er/d.jpeg"):
        (top / name).write_bytes(b"content")
    return top


def test_a_folder_gives_its_documents_under_its_own_name(folder: Path) -> None:
    assert named(folder) == {f"{folder}/a.PNG": "scans/a", f"{folder}/b.pdf": "scans/b"}


def test_recursive_goes_below_and_keeps_the_tree(folder: Path) -> None:
    names = named(folder, recursive=True)
    assert list(names.values()) == ["scans/a", "scans/b", "scans/deep/c", "scans/deep/er/d"]


def test_the_current_folder_adds_no_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert named(".", "b.pdf") == {"a.PNG": "a", "b.pdf": "b"}
    monkeypatch.chdir(folder / "deep")
    assert set(named("..").values()) == {"a", "b"}


def test_links_in_a_circle_end(folder: Path) -> None:
    (folder / "deep" / "er" / "up").symlink_to(folder)
    (folder / "deep" / "self").symlink_to(".")
    assert len(named(folder, recursive=True)) == 4


def test_linked_folders_are_entered_once_and_dead_links_told(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "e.pdf").write_bytes(b"content")
    for name in ("one", "two"):
        (folder / name).symlink_to(other)
    (folder / "dead.pdf").symlink_to("nowhere.pdf")
    (folder / "self.pdf").symlink_to("self.pdf")
    (folder / "folder.pdf").mkdir()
    names = named(folder, recursive=True)
    assert names.pop(f"{folder}/dead.pdf") == "this link leads nowhere"
    assert names.pop(f"{folder}/self.pdf") == "this link leads nowhere"
    assert "scans/one/e" in names.values()
    assert "scans/two/e" not in names.values()
    assert len(names) == 5


def test_folders_can_be_left_out(folder: Path) -> None:
    assert set(named(folder, recursive=True, left_out=(folder / "deep",)).values()) == {"scans/a", "scans/b"}


def test_what_is_not_there_or_empty_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    names = named(tmp_path / "missing.pdf", tmp_path / "empty")
    assert "No such file" in names[f"{tmp_path}/missing.pdf"]
    assert "--recursive" in names[f"{tmp_path}/empty"]


def test_a_file_named_twice_is_read_once_whatever_its_suffix(folder: Path) -> None:
    assert list(named(folder / "notes.txt", f"{folder}/deep/../notes.txt").values()) == ["notes"]
    assert list(named(folder, folder / "b.pdf").values()) == ["scans/a", "scans/b"]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://files.example/a/report.pdf?version=2", "report"),
        ("https://files.example", "files"),
        ("https://files.example/%2e%2e%2fetc%2fpasswd", "_etc_passwd"),
        ("https://files.example/%00%1b.pdf", "__"),
        ("https://files.example/..", "files"),
    ],
)
def test_addresses_have_names_that_lead_nowhere(url: str, name: str) -> None:
    (given,) = named(url).values()
    assert given == name


def test_standard_input_is_told_apart_by_its_content(monkeypatch: pytest.MonkeyPatch) -> None:
    documents = []
    for content in (b"one", b"two"):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
        documents += find(["-"], recursive=False, left_out=lambda _: False)
    one, two = documents
    assert isinstance(one, Document)
    assert isinstance(two, Document)
    assert (one.source, one.stem) == (b"one", "stdin")
    assert one.identity != two.identity


def test_a_pipe_is_read_whole(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"piped",))
    writer.start()
    (document,) = find([str(pipe)], recursive=False, left_out=lambda _: False)
    writer.join()
    assert isinstance(document, Document)
    assert document.source == b"piped"
