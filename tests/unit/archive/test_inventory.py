"""What there is to do, from run to run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from archive.documents import Document
from archive.inventory import Survey, read_shard, survey
from archive.layout import DONE, done_key, failures_key, inventory_key
from archive.stores import Store
from cli.errors import UsageError


def documents(*names: str, version: str = "1", size: int = 1) -> list[Document]:
    return [Document("/in", name, version, size, f"in/{name}") for name in names]


def look(output: Store, found: Iterable[Document], **more: Any) -> Survey:
    return survey(output, found, **{"shard_documents": 2, "retry": False, **more})


def test_documents_are_cut_into_shards(output: Store) -> None:
    found = look(output, documents("a", "b", "c"))
    assert (found.documents, found.new, found.todo) == (3, 3, {0: 2, 1: 1})
    assert read_shard(output, 0) == documents("a", "b")


def test_a_shard_of_large_documents_is_shorter(output: Store) -> None:
    assert look(output, documents("a", "b", "c", size=1 << 29)).todo == {0: 1, 1: 1, 2: 1}


def test_what_is_known_is_not_listed_again_and_what_is_done_is_not_done_again(output: Store) -> None:
    look(output, documents("a", "b", "c"))
    output.write(done_key(0), b"{}")
    found = look(output, documents("a", "b", "c", "d"))
    assert (found.documents, found.new, found.todo) == (4, 1, {1: 1, 2: 1})


def test_a_document_that_comes_by_two_ways_is_read_once(output: Store) -> None:
    assert look(output, documents("a", "a", "a")).todo == {0: 1}


def test_a_changed_document_opens_its_shard_again(output: Store) -> None:
    look(output, documents("a", "b", "c"))
    for shard in (0, 1):
        output.write(done_key(shard), b"{}")
    found = look(output, [*documents("a", "c"), *documents("b", version="2")])
    assert (found.new, found.changed, found.todo) == (0, 1, {0: 2})
    assert [document.version for document in read_shard(output, 0)] == ["1", "2"]


def test_what_failed_is_done_until_it_is_to_be_tried_again(output: Store) -> None:
    look(output, documents("a"))
    output.write(done_key(0), b"{}")
    output.write(failures_key(0), b"{}")
    assert look(output, documents("a")).todo == {}
    assert look(output, documents("a"), retry=True).todo == {0: 1}
    assert [item.key for item in output.list(DONE)] == []


def test_a_document_that_is_gone_keeps_its_results(output: Store) -> None:
    look(output, documents("a", "b"))
    assert look(output, documents("a")).documents == 2


def test_two_runs_that_list_at_once_do_not_mix(output: Store) -> None:
    def other_run() -> Iterable[Document]:
        yield from documents("a")
        output.write(inventory_key(0), b"theirs")
        yield from documents("b")

    with pytest.raises(UsageError, match="another ocr archive"):
        look(output, other_run())


def test_names_that_are_no_utf_8_are_kept(output: Store) -> None:
    look(output, documents("caf\udce9.pdf"))
    assert read_shard(output, 0) == documents("caf\udce9.pdf")
