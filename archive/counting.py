"""How many pages documents have, as far as a look at them can tell."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from types import TracebackType

from typing_extensions import Self

from archive.documents import Document

_COUNTED = frozenset({".pdf", ".tif", ".tiff"})
"""What may have many pages; anything else is sent whole, whatever it turns out to be."""


class Counter:
    """Counts in a process of its own, which is started when it is needed and again when a document killed it."""

    command = ("-m", "archive.count_pages")

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def counts(self, documents: Iterable[Document]) -> Iterator[tuple[Document, int | None]]:
        """Each document with its pages; None where it is to be sent whole."""
        for document in documents:
            suffix = PurePosixPath(document.key).suffix.lower()
            yield document, self._count(document) if suffix in _COUNTED else None

    def _count(self, document: Document) -> int | None:
        process = self._process or self._started()
        if process.stdin is None or process.stdout is None:
            raise AssertionError("the pipes were asked for")
        try:
            process.stdin.write(json.dumps([document.source, document.key]) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:
            line = ""
        if not line:
            self._end()
            return None
        count: int | None = json.loads(line)
        return count or None

    def _started(self) -> subprocess.Popen[str]:
        self._process = subprocess.Popen(
            [sys.executable, *self.command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            # Closes the pipes too.
            self._process.communicate()
            self._process = None
