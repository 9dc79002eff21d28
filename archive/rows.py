"""The pages of a shard as rows of Parquet, those of one document at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from archive.layout import part_key
from archive.records import Page
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


class Rows:
    """The rows of a file, of which one row group is held at a time; none where there is no file."""

    def __init__(self, file: pq.ParquetFile = None) -> None:
        self._file = file
        self._groups: defaultdict[str, list[int]] = defaultdict(list)
        self._held: tuple[int, pa.Table] | None = None
        for number in range(0 if file is None else file.num_row_groups):
            names = file.read_row_group(number, columns=["document"])["document"]
            for document in names.unique().to_pylist():
                self._groups[document].append(number)

    def of(self, document: str) -> list[Page]:
        """The pages of a document, by its address, in all versions that are there."""
        return [
            Page(**{**row, "images": tuple(row["images"]), "warnings": tuple(row["warnings"])})
            for number in self._groups.get(document, ())
            for row in self._of_group(number, document)
        ]

    def _of_group(self, number: int, document: str) -> list[dict[str, Any]]:
        if self._held is None or self._held[0] != number:
            # Let go of first.
            self._held = None
            self._held = number, self._file.read_row_group(number)
        group = self._held[1]
        rows: list[dict[str, Any]] = group.filter(pc.equal(group["document"], document)).to_pylist()
        return rows


@contextmanager
def rows_of(output: Store, shard: int) -> Iterator[Rows]:
    """The rows that stand in the results of a shard. Raises OSError."""
    key = part_key(shard)
    try:
        version = output.item(key).version
    except FileNotFoundError:
        yield Rows()
        return
    with output.fetched(key, version) as path, pq.ParquetFile(path) as file:
        yield Rows(file)


class RowWriter:
    """Writes rows into a file; so many as make a row group are held."""

    def __init__(self, path: Path) -> None:
        self._writer = pq.ParquetWriter(path, SCHEMA, compression="zstd")
        self._waiting: list[Page] = []
        self.count = 0

    def __enter__(self) -> RowWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and self._waiting:
            self._write()
        self._writer.close()

    def add(self, pages: list[Page]) -> None:
        """Write the pages of a document. Raises OSError."""
        self._waiting += pages
        self.count += len(pages)
        if len(self._waiting) >= _ROWS_A_GROUP:
            self._write()

    def _write(self) -> None:
        self._writer.write_table(pa.Table.from_pylist([asdict(page) for page in self._waiting], schema=SCHEMA))
        self._waiting = []
