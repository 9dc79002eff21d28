"""How a shard is cut into requests."""

from __future__ import annotations

import io
import itertools
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TypeAlias

import pyarrow.parquet as pq

from archive.counting import Counter
from archive.documents import Document
from archive.inventory import read_shard
from archive.layout import failures_key, part_key
from archive.records import Failure, Unit
from archive.stores import Store

Pages: TypeAlias = "defaultdict[tuple[str, str], set[int | None]]"
"""Of documents, by their address and version; None: the document as a whole."""

_BYTES_A_PAGE = 2 << 20
"""What may be sent for a page, about that of its image at 300 dpi."""


def units(output: Store, shard: int, *, pages_a_request: int, retry: bool) -> list[Unit]:
    """What of a shard is to be read: what neither stands in its results nor failed before; with `retry` that too.

    Gives the same as long as the shard is not put together, which Ray needs when it repeats a task. Raises OSError.
    """
    documents = read_shard(output, shard)
    read, failed = _read(output, shard), _failed(output, shard)
    found: list[Unit] = []
    with Counter() as counter:
        for document, count in counter.counts(documents):
            version = document.url, document.version
            settled = read[version] if retry else read[version] | failed[version]
            if count is not None:
                found += _units(shard, document, count, settled, pages_a_request)
            elif not settled or (retry and failed[version]):
                found.append(Unit(shard, document))
    return found


def pages_a_request(most: int, size: int) -> int:
    """Pages that are asked for at once of a document of `size` bytes, `most` by default.

    Each request carries the whole document, whose pages the server chooses from: of a large one more are asked for, so
    that no more than _BYTES_A_PAGE are sent for each.
    """
    return max(most, math.ceil(size / _BYTES_A_PAGE))


def old_failures(output: Store, shard: int) -> list[Failure]:
    """What of the shard failed when it was put together. Raises OSError."""
    try:
        lines = output.read(failures_key(shard)).splitlines()
    except FileNotFoundError:
        return []
    return [Failure(**json.loads(line)) for line in lines]


def _read(output: Store, shard: int) -> Pages:
    """Pages that stand in the shard's results."""
    pages: Pages = defaultdict(set)
    try:
        part = io.BytesIO(output.read(part_key(shard)))
    except FileNotFoundError:
        return pages
    for row in pq.read_table(part, columns=["document", "version", "page"]).to_pylist():
        pages[row["document"], row["version"]].add(row["page"])
    return pages


def _failed(output: Store, shard: int) -> Pages:
    pages: Pages = defaultdict(set)
    for failure in old_failures(output, shard):
        pages[failure.document, failure.version].add(failure.page)
    return pages


def _units(shard: int, document: Document, count: int, settled: set[int | None], most: int) -> Iterator[Unit]:
    if None in settled:
        return
    at_once = pages_a_request(most, document.size)
    for run in _runs(page for page in range(1, count + 1) if page not in settled):
        for first in range(run[0], run[-1] + 1, at_once):
            yield Unit(shard, document, first, min(first + at_once - 1, run[-1]))


def _runs(pages: Iterable[int]) -> Iterator[list[int]]:
    """Ascending pages, cut where one is left out."""
    for _, run in itertools.groupby(enumerate(pages), lambda item: item[1] - item[0]):
        yield [page for _, page in run]
