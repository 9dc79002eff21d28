"""What an archive has to read: shards of documents, in files of the output that only grow in number."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field

from archive.documents import Document
from archive.layout import DONE, FAILURES, INVENTORY, done_key, inventory_key, shard_of
from archive.stores import Store
from cli.errors import UsageError

_SHARD_BYTES = 256 << 20
"""Of documents; a shard is put together on one machine."""


@dataclass
class Survey:
    """What a look at the inputs and at the output found.

    `todo` are the shards to read, with their numbers of documents; `documents` are those of all shards.
    """

    documents: int = 0
    new: int = 0
    changed: int = 0
    todo: dict[int, int] = field(default_factory=dict)

    @property
    def documents_todo(self) -> int:
        """Documents of the shards to read."""
        return sum(self.todo.values())


def survey(output: Store, found: Iterable[Document], *, shard_documents: int, retry: bool) -> Survey:
    """Write down what is new or has changed, and tell what there is to do; `retry`: also what failed earlier.

    The index of what is known is on disk, so that it may be millions. Raises OSError, UsageError.
    """
    with _Known() as known:
        result = Survey()
        sizes: dict[int, int] = {}
        for shard in sorted(shard_of(item.key) for item in output.list(INVENTORY)):
            documents = read_shard(output, shard)
            sizes[shard] = len(documents)
            known.add(shard, documents)
        writer = _Writer(output, max(sizes, default=-1) + 1, shard_documents)
        for document in found:
            version = known.version(document)
            if version is None:
                result.new += 1
                known.add(writer.next_shard, [document])
                writer.add(document)
            elif version != document.version:
                result.changed += 1
                known.changed(document)
        sizes.update(writer.ended())
        for shard, changed in known.all_changed():
            _replace(output, shard, changed)
    if retry:
        output.delete([done_key(shard_of(item.key)) for item in output.list(FAILURES)])
    done = {shard_of(item.key) for item in output.list(DONE)}
    result.documents = sum(sizes.values())
    result.todo = {shard: size for shard, size in sorted(sizes.items()) if shard not in done}
    return result


def read_shard(output: Store, shard: int) -> list[Document]:
    """The documents of a shard. Raises OSError."""
    lines = gzip.decompress(output.read(inventory_key(shard))).splitlines()
    return [Document(**json.loads(line)) for line in lines]


def _packed(documents: Iterable[Document]) -> bytes:
    # JSON of ASCII alone keeps names that are no UTF-8.
    lines = "".join(json.dumps(asdict(document)) + "\n" for document in documents)
    return gzip.compress(lines.encode(), mtime=0)


def _replace(output: Store, shard: int, changed: dict[bytes, Document]) -> None:
    """Give the changed documents of a shard their new versions, which opens it again."""
    documents = [changed.get(document.digest, document) for document in read_shard(output, shard)]
    output.delete([done_key(shard)])
    output.write(inventory_key(shard), _packed(documents))


class _Writer:
    """Gathers documents into new shards."""

    def __init__(self, output: Store, first: int, most: int) -> None:
        self._output = output
        self._most = most
        self._documents: list[Document] = []
        self._bytes = 0
        self._sizes: dict[int, int] = {}
        self.next_shard = first

    def add(self, document: Document) -> None:
        self._documents.append(document)
        self._bytes += document.size
        if len(self._documents) >= self._most or self._bytes >= _SHARD_BYTES:
            self._write()

    def ended(self) -> dict[int, int]:
        """The new shards with their numbers of documents."""
        if self._documents:
            self._write()
        return self._sizes

    def _write(self) -> None:
        try:
            self._output.create(inventory_key(self.next_shard), _packed(self._documents))
        except FileExistsError:
            raise UsageError("another ocr archive lists documents into this output: wait for it") from None
        self._sizes[self.next_shard] = len(self._documents)
        self.next_shard += 1
        self._documents = []
        self._bytes = 0


class _Known:
    """The documents of all shards, in a temporary file that SQLite holds."""

    def __enter__(self) -> _Known:
        self._index = sqlite3.connect("")
        self._index.execute("CREATE TABLE known (digest BLOB PRIMARY KEY, version TEXT, shard INT) WITHOUT ROWID")
        self._index.execute("CREATE TABLE changed (shard INT, document TEXT)")
        return self

    def __exit__(self, *_: object) -> None:
        self._index.close()

    def add(self, shard: int, documents: Iterable[Document]) -> None:
        rows = ((document.digest, document.version, shard) for document in documents)
        self._index.executemany("INSERT OR IGNORE INTO known VALUES (?, ?, ?)", rows)

    def version(self, document: Document) -> str | None:
        found = self._index.execute("SELECT version FROM known WHERE digest = ?", (document.digest,)).fetchone()
        return None if found is None else str(found[0])

    def changed(self, document: Document) -> None:
        self._index.execute(
            "INSERT INTO changed SELECT shard, ? FROM known WHERE digest = ?",
            (json.dumps(asdict(document)), document.digest),
        )

    def all_changed(self) -> Iterator[tuple[int, dict[bytes, Document]]]:
        """Each shard of them with its changed documents."""
        for (shard,) in self._index.execute("SELECT DISTINCT shard FROM changed ORDER BY shard"):
            rows = self._index.execute("SELECT document FROM changed WHERE shard = ?", (shard,))
            documents = [Document(**json.loads(text)) for (text,) in rows]
            yield shard, {document.digest: document for document in documents}
