from __future__ import annotations

from pathlib import Path

from cli.fingerprints import Fingerprint
from cli.journal import Entry, Journal

DONE = Entry(
    "a",
    "/in/a\udcff.pdf",
    done=True,
    fingerprint=Fingerprint(3, 4, "abc"),
    request='{"pages": "1"}',
    formats=("md", "zip"),
)


def test_entries_are_there_in_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    first = Journal(path)
    first.put(Entry("a", "/in/a\udcff.pdf"))
    first.put(Entry("b", "/in/b.pdf"))
    first.put(DONE)
    assert list(Journal(path)) == [DONE, Entry("b", "/in/b.pdf")]


def test_a_torn_line_harms_no_other(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    Journal(path).put(DONE)
    path.write_bytes(path.read_bytes() + b'{"name": "b", "ident')
    torn = Journal(path)
    assert list(torn) == [DONE]
    torn.put(Entry("c", "/in/c.pdf"))
    assert [entry.name for entry in Journal(path)] == ["a", "c"]


def test_lines_of_another_version_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_bytes(b'[]\n{}\n{"name": 1}\n{"name": "a", "fingerprint": {"crc": 1}, "formats": []}\n\xff\n')
    assert list(Journal(path)) == []
