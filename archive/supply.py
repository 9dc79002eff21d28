"""Documents, fetched from their sources; and who is to blame where one can't be."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from archive.documents import Document
from archive.errors import SourceFailed
from archive.stores import Changed, NoRoom, Store, open_store

T = TypeVar("T")

_FIRST_PAUSE = 1.0
_MOST_PAUSE = 30.0
"""Seconds."""
_MANY = 50
"""Documents; so many in a row that can't be read are not each at fault."""


@dataclass
class _Source:
    """One of them: `blamed` documents in a row, since the time `blamed_at`, could not be read though it answers."""

    store: Store
    blamed: int = 0
    blamed_at: float = 0.0


class Supply:
    """Fetches documents for the threads of one process.

    What can't be read is tried `attempts` times while its source answers, and is at fault then. While the source does
    not answer, nothing counts, and after `patience` seconds there is no source. That is so, too, where it answers and
    in all that time not one of many documents could be read: with a key that may list and not read, for instance.
    """

    def __init__(
        self,
        attempts: int,
        patience: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._attempts = attempts
        self._patience = patience
        self._clock = clock
        self._sleep = sleep
        self._sources: dict[str, _Source] = {}
        self._lock = threading.Lock()

    def use(self, document: Document, work: Callable[[Path], T]) -> T:
        """What `work` makes of the file that holds the document; it is called again where that can't be read.

        Raises OSError where the document is at fault: FileNotFoundError and Changed at once. Raises NoRoom,
        SourceFailed.
        """
        source = self._source(document.source)
        faults = pauses = 0
        away_since: float | None = None
        while True:
            try:
                with source.store.fetched(document.key, document.version) as path:
                    self._readable(source)
                    return work(path)
            except (Changed, FileNotFoundError, NoRoom):
                raise
            except OSError as error:
                if _answers(source.store):
                    away_since = None
                    faults += 1
                    if faults >= self._attempts:
                        self._blame(document, source, error)
                        raise
                else:
                    away_since = self._clock() if away_since is None else away_since
                    if self._clock() - away_since > self._patience:
                        raise self._failed(document, error) from error
            self._sleep(min(_MOST_PAUSE, _FIRST_PAUSE * 2.0**pauses))
            pauses += 1

    def _source(self, url: str) -> _Source:
        # Under the lock: boto3 can't make two clients at once.
        with self._lock:
            if url not in self._sources:
                self._sources[url] = _Source(open_store(url))
            return self._sources[url]

    def _readable(self, source: _Source) -> None:
        with self._lock:
            source.blamed = 0

    def _blame(self, document: Document, source: _Source, error: OSError) -> None:
        """Take note of a document that can't be read. Raises SourceFailed where none can."""
        with self._lock:
            if not source.blamed:
                source.blamed_at = self._clock()
            source.blamed += 1
            if source.blamed >= _MANY and self._clock() - source.blamed_at > self._patience:
                raise self._failed(document, error) from error

    def _failed(self, document: Document, error: OSError) -> SourceFailed:
        return SourceFailed(f"nothing of {document.source} could be read for {self._patience:g} s: {error}")


def _answers(store: Store) -> bool:
    try:
        store.check()
    except OSError:
        return False
    return True
