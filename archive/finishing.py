"""Puts a shard together: its checkpoints become Markdown, rows of Parquet and a file of failures.

Everything is written under names that follow from the shard alone, and the mark that it is done comes last: done again
after a crash, at any point, it ends the same. So no page can stand in the results twice. A document is held at a time.
"""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from archive.documents import Document
from archive.inventory import read_shard
from archive.layout import done_key, failures_key, markdown_key, part_key, read_key, units_prefix
from archive.planning import old_failures
from archive.records import Failure, Page, Record
from archive.rows import Rows, RowWriter, rows_of
from archive.stores import Store


@dataclass(frozen=True)
class Finished:
    """A shard that is done, with all that it holds now; `sent_again` counts pages over the first time of each."""

    shard: int
    documents: int
    pages: int
    failed_pages: int
    failed_documents: int
    sent_again: int


def finish(output: Store, shard: int, units: Mapping[str, Collection[str]]) -> Finished:
    """Put the shard together from its results so far and its checkpoints, unless that is done.

    `units` are those that must be there, by the address of their document. Ray repeats it where a node died of which it
    does not know how far it came. Raises OSError.
    """
    finished = _finished(output, shard)
    if finished is None:
        try:
            finished = _put_together(output, shard, units)
        except FileNotFoundError:
            # A process of a node that counts as dead may have done it meanwhile, and removed the checkpoints.
            finished = _finished(output, shard)
            if finished is None:
                raise
    clear(output, shard)
    return finished


def is_done(output: Store, shard: int) -> bool:
    """Whether the shard is put together. Raises OSError."""
    return _finished(output, shard) is not None


def clear(output: Store, shard: int) -> None:
    """Remove the checkpoints of a shard that is done. Raises OSError."""
    output.delete([item.key for item in output.list(units_prefix(shard))])


def _finished(output: Store, shard: int) -> Finished | None:
    try:
        return Finished(**json.loads(output.read(done_key(shard))))
    except FileNotFoundError:
        return None


def _put_together(output: Store, shard: int, units: Mapping[str, Collection[str]]) -> Finished:
    documents = read_shard(output, shard)
    current = {(document.url, document.version) for document in documents}
    checkpoints = _checkpoints(output, shard, units)
    old_failed = defaultdict(list)
    for failure in old_failures(output, shard):
        old_failed[failure.document, failure.version].append(failure)
    failures: list[Failure] = []
    sent_again: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="ocr-archive-") as folder:
        file = Path(folder) / "part.parquet"
        with rows_of(output, shard) as rows, RowWriter(file) as writer:
            for document in documents:
                records = [
                    Record.from_json(output.read(read_key(shard, unit))) for unit in checkpoints.get(document.url, ())
                ]
                sent_again.update((one.unit, _again(one)) for one in records)
                pages = _pages(output, document, rows, records, current)
                _write_markdown(output, document, pages.values())
                writer.add(list(pages.values()))
                failures += _failures(document, old_failed[document.url, document.version], records, pages)
        output.write(part_key(shard), file)
    _write_failures(output, shard, failures)
    finished = Finished(
        shard,
        len(documents),
        writer.count,
        len(failures),
        len({failure.document for failure in failures}),
        sum(sent_again.values()),
    )
    output.write(done_key(shard), json.dumps(asdict(finished)).encode())
    return finished


def _checkpoints(output: Store, shard: int, units: Mapping[str, Collection[str]]) -> Mapping[str, list[str]]:
    """The checkpoints of each document, `units` last: those of an earlier run come before them.

    Such a run died while it put the shard together, and what it had written by then is not cut into units again; or it
    cut the documents otherwise.
    """
    told = {unit for some in units.values() for unit in some}
    found: defaultdict[str, list[str]] = defaultdict(list)
    for item in output.list(units_prefix(shard)):
        key = PurePosixPath(item.key)
        if key.suffix == ".json" and key.stem not in told:
            record = Record.from_json(output.read(item.key))
            documents = {page.document for page in record.pages} | {one.document for one in record.failures}
            for document in documents:
                found[document].append(key.stem)
    for document, some in units.items():
        found[document] += some
    return found


def _again(record: Record) -> int:
    return max(1, len(record.pages) + len(record.failures)) * max(0, record.sent - 1)


def _pages(
    output: Store, document: Document, rows: Rows, records: Iterable[Record], current: Collection[tuple[str, str]]
) -> dict[int, Page]:
    """The pages of a document by their numbers. Removes the pictures of those that are replaced."""
    found = [*rows.of(document.url), *(page for record in records for page in record.pages)]
    pages = {page.page: page for page in found if page.version == document.version}
    shown = {key for page in pages.values() for key in page.images}
    # Two documents whose names are no UTF-8 may have one address: what is current may be the other's.
    stale = [page for page in found if page.version == document.version or (page.document, page.version) not in current]
    # Before the rows that tell of them are gone: a crash in between leaves it to the next time.
    output.delete({key for page in stale for key in page.images} - shown)
    return dict(sorted(pages.items()))


def _failures(
    document: Document, old: Iterable[Failure], records: Iterable[Record], pages: Mapping[int, Page]
) -> list[Failure]:
    """What stands of a document's failures: new ones, and those old ones that nobody has tried again.

    A page that is there has not failed, whatever became of it before.
    """
    records = list(records)
    new = {one.page: one for record in records for one in record.failures if one.version == document.version}
    tried = new or any(page.version == document.version for record in records for page in record.pages)
    left = [one for one in old if one.page not in new and not (one.page is None and tried)]
    return [one for one in (*left, *new.values()) if one.page not in pages]


def _write_markdown(output: Store, document: Document, pages: Collection[Page]) -> None:
    key = markdown_key(document.place)
    if pages:
        # As the server joins them (gateway.answer).
        text = "\n\n".join(text for page in pages if (text := page.markdown.strip()))
        output.write(key, f"{text}\n".encode())
    else:
        output.delete([key])


def _write_failures(output: Store, shard: int, failures: Iterable[Failure]) -> None:
    ordered = sorted(failures, key=lambda one: (one.document, one.page or 0))
    if ordered:
        output.write(failures_key(shard), "".join(json.dumps(asdict(one)) + "\n" for one in ordered).encode())
    else:
        output.delete([failures_key(shard)])
