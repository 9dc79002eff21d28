"""What is listed, and where results belong."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.documents import Source, listed, place, sources
from cli.errors import UsageError


def names(folder: Path, output: str = "/elsewhere") -> list[str]:
    return [document.key for document in listed(Source(str(folder), "scans"), output)]


def write(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def test_documents_of_all_folders_below_are_listed(tmp_path: Path) -> None:
    write(tmp_path / "b.pdf", tmp_path / "2024/a.PNG", tmp_path / "notes.txt")
    assert names(tmp_path) == ["2024/a.PNG", "b.pdf"]


def test_what_is_hidden_is_not(tmp_path: Path) -> None:
    write(tmp_path / ".a.pdf", tmp_path / ".trash/b.pdf", tmp_path / "c.pdf")
    assert names(tmp_path) == ["c.pdf"]


def test_the_output_is_not_read_when_it_lies_within(tmp_path: Path) -> None:
    write(tmp_path / "a.pdf", tmp_path / "out/documents/b.png", tmp_path / "outer/c.png")
    assert names(tmp_path, str(tmp_path / "out")) == ["a.pdf", "outer/c.png"]


def test_a_link_that_leads_in_a_circle_ends(tmp_path: Path) -> None:
    write(tmp_path / "deep/a.pdf")
    (tmp_path / "deep/again").symlink_to(tmp_path)
    assert names(tmp_path) == ["deep/a.pdf"]


def test_a_link_that_leads_nowhere_is_listed_so_that_somebody_hears_of_it(tmp_path: Path) -> None:
    (tmp_path / "gone.pdf").symlink_to(tmp_path / "nothing")
    assert names(tmp_path) == ["gone.pdf"]


def test_a_name_that_is_no_utf_8_has_a_place_and_a_name_for_people(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.pdf")).write_bytes(b"x")
    (document,) = listed(Source(str(tmp_path), "scans"), "/elsewhere")
    assert document.url == f"{tmp_path}/caf\\udce9.pdf"
    assert document.place.isascii()


def test_places_are_the_documents_own_paths() -> None:
    assert place("scans", "2024/отчёт 1.pdf") == "scans/2024/отчёт 1.pdf"


@pytest.mark.parametrize(
    "key",
    ["../a.pdf", "a//b.pdf", "/a.pdf", "./a.pdf", "a\\b.pdf", "a\n.pdf", "x" * 181, "a/" * 400 + "b.pdf", "\x00.pdf"],
)
def test_a_key_that_can_be_no_path_gets_a_place_of_its_own(key: str) -> None:
    assert place("scans", key).startswith("_/")


def test_a_name_like_those_is_not_taken_for_one() -> None:
    taken = place("", "../a.pdf")
    assert place("", taken) != taken


@given(st.text(max_size=60), st.text(max_size=60))
def test_places_stay_within_and_are_never_shared(one: str, other: str) -> None:
    path = PurePosixPath(place("scans", one))
    assert not path.is_absolute()
    assert ".." not in path.parts
    assert one == other or place("scans", one) != place("scans", other)


def test_inputs_whose_results_would_mix_are_refused(tmp_path: Path) -> None:
    for name in ("a/scans", "b/scans"):
        (tmp_path / name).mkdir(parents=True)
    with pytest.raises(UsageError, match="both are called 'scans'"):
        sources([str(tmp_path / "a/scans"), str(tmp_path / "b/scans")])


@pytest.mark.parametrize("text", ["s3://", "https://files.example/scans", "/nowhere/at/all"])
def test_what_can_be_no_input_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=text.rstrip("/") or text):
        sources([text])


def test_a_bucket_a_folder_of_it_and_an_object() -> None:
    assert sources(["s3://scans", "s3://bucket/2024/", "s3://bucket/2024/a.pdf"]) == [
        Source("s3://scans", "scans"),
        Source("s3://bucket/2024", "2024"),
        Source("s3://bucket/2024", "", "a.pdf"),
    ]
