"""Puts a shard together: its checkpoints become Markdown, rows of Parquet and a file of failures.

Everything is written under names that follow from the shard alone, and the mark that it is done comes last: done again
after a crash, at any point, it ends the same. So no page can stand in the results twice.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from archive.documents import Document
from archive.inventory import read_shard
from archive.layout import done_key, failures_key, markdown_key, part_key, read_key, units_prefix
from archive.planning import old_failures
from archive.records import Failure, Page, Record
from archive.stores import Store

_ROWS_A_GROUP = 1000

SCHEMA = pa.schema(
    [
        pa.field("document", pa.string()),
        pa.field("version", pa.string()),
        pa.field("page", pa.int32()),
        pa.field("markdown", pa.string()),
        pa.field("blocks", pa.string()),
        pa.field("width", pa.int32()),
        pa.field("height", pa.int32()),
        pa.field("images", pa.list_(pa.string())),
        pa.field("warnings", pa.list_(pa.string())),
        pa.field("seconds", pa.float64()),
        pa.field("server", pa.string()),
        pa.field("engine", pa.string()),
        pa.field("model", pa.string()),
        pa.field("read_at", pa.string()),
    ]
)
"""Of the pages, as `archive.records.Page` has them."""


@dataclass(frozen=True)
class Finished:
    """A shard that is done, with all that it holds now; `sent_again` counts pages over the first time of each."""

    shard: int
    documents: int
    pages: int
    failed_pages: int
    failed_documents: int
    sent_again: int


def finish(output: Store, shard: int, units: Iterable[str]) -> Finished:
    """Put the shard together from its results so far and the checkpoints of `units`, unless that is done.

    Ray repeats it where a node died of which it does not know how far it came. Raises OSError.
    """
    finished = _finished(output, shard) or _put_together(output, shard, units)
    clear(output, shard)
    return finished


def is_done(output: Store, shard: int) -> bool:
    """Whether the shard is put together. Raises OSError."""
    return _finished(output, shard) is not None


def _finished(output: Store, shard: int) -> Finished | None:
    try:
        return Finished(**json.loads(output.read(done_key(shard))))
    except FileNotFoundError:
        return None


def _put_together(output: Store, shard: int, units: Iterable[str]) -> Finished:
    documents = read_shard(output, shard)
    records = [Record.from_json(output.read(read_key(shard, unit))) for unit in units]
    fresh = {(page.document, page.version, page.page): page for record in records for page in record.pages}
    current = {(document.url, document.version) for document in documents}
    failures = _failures(old_failures(output, shard), records, fresh)
    kept = [failure for failure in failures if (failure.document, failure.version) in current]
    pages = _write_pages(output, shard, documents, fresh)
    if kept:
        output.write(failures_key(shard), "".join(json.dumps(asdict(one)) + "\n" for one in kept).encode())
    else:
        output.delete([failures_key(shard)])
    finished = Finished(
        shard,
        len(documents),
        pages,
        len(kept),
        len({failure.document for failure in kept}),
        sum(max(1, len(one.pages) + len(one.failures)) * max(0, one.sent - 1) for one in records),
    )
    output.write(done_key(shard), json.dumps(asdict(finished)).encode())
    return finished


def clear(output: Store, shard: int) -> None:
    """Remove the checkpoints of a shard that is done. Raises OSError."""
    output.delete([item.key for item in output.list(units_prefix(shard))])


def _failures(
    old: Iterable[Failure], records: Iterable[Record], fresh: Mapping[tuple[str, str, int], Page]
) -> list[Failure]:
    """What stands of the failures: the new ones, and those old ones that nobody has tried again."""
    new = {(one.document, one.version, one.page): one for record in records for one in record.failures}
    tried = {key[:2] for key in (*fresh, *new)}
    left = [
        one
        for one in old
        if (one.document, one.version, one.page) not in new
        and (one.document, one.version, one.page) not in fresh
        and not (one.page is None and (one.document, one.version) in tried)
    ]
    return sorted([*left, *new.values()], key=lambda one: (one.document, one.page or 0))


def _write_pages(
    output: Store, shard: int, documents: Iterable[Document], fresh: Mapping[tuple[str, str, int], Page]
) -> int:
    """Write the Markdown of each document and the pages of all; gives their number."""
    documents = list(documents)
    old = _old_pages(output, shard)
    by_document: defaultdict[tuple[str, str], dict[int, Page]] = defaultdict(dict)
    for page in (*old, *fresh.values()):
        by_document[page.document, page.version][page.page] = page
    current = [by_document[document.url, document.version] for document in documents]
    # Before the rows that tell of them are gone: a crash in between leaves it to the next time.
    shown = {key for pages in current for page in pages.values() for key in page.images}
    output.delete({key for page in old for key in page.images} - shown)
    count = 0
    with tempfile.TemporaryDirectory(prefix="ocr-archive-") as folder:
        file = Path(folder) / "part.parquet"
        with pq.ParquetWriter(file, SCHEMA, compression="zstd") as writer:
            waiting: list[Page] = []
            for document, by_page in zip(documents, current, strict=True):
                pages = [page for _, page in sorted(by_page.items())]
                if pages:
                    output.write(markdown_key(document.place), _markdown(pages))
                else:
                    output.delete([markdown_key(document.place)])
                waiting += pages
                count += len(pages)
                if len(waiting) >= _ROWS_A_GROUP:
                    writer.write_table(_table(waiting))
                    waiting = []
            writer.write_table(_table(waiting))
        output.write(part_key(shard), file)
    return count


def _markdown(pages: Iterable[Page]) -> bytes:
    """Pages as one document, as the server joins them (gateway.answer)."""
    return ("\n\n".join(text for page in pages if (text := page.markdown.strip())) + "\n").encode()


def _table(pages: list[Page]) -> pa.Table:
    return pa.Table.from_pylist([asdict(page) for page in pages], schema=SCHEMA)


def _old_pages(output: Store, shard: int) -> list[Page]:
    try:
        part = io.BytesIO(output.read(part_key(shard)))
    except FileNotFoundError:
        return []
    rows = pq.read_table(part).to_pylist()
    return [Page(**{**row, "images": tuple(row["images"]), "warnings": tuple(row["warnings"])}) for row in rows]
