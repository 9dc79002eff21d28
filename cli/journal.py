"""What an output folder remembers: which names belong to which documents, and which of them are done.

A line of JSON is appended for each change, so that a run that dies loses at most its last line.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cli.fingerprints import Fingerprint


@dataclass(frozen=True)
class Entry:
    """The last that is known of the results called `name`, of the document `identity`.

    `request` is how it was read, `formats` what was written; both are empty until it is `done`.
    """

    name: str
    identity: str
    done: bool = False
    fingerprint: Fingerprint = field(default_factory=Fingerprint)
    request: str = ""
    formats: tuple[str, ...] = ()


class Journal:
    """The entries of one folder, in a file of it. One process at a time may write there, by any of its threads."""

    def __init__(self, path: Path) -> None:
        """Raises OSError."""
        self._path = path
        self._lock = threading.Lock()
        text = path.read_bytes() if path.exists() else b""
        self._entries = {entry.name: entry for entry in _entries(text)}
        self._torn = bool(text) and not text.endswith(b"\n")

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries.values()))

    def get(self, name: str) -> Entry | None:
        """The entry of `name`, if there is one."""
        return self._entries.get(name)

    def put(self, entry: Entry) -> None:
        """Remember `entry`. Raises OSError."""
        with self._lock, self._path.open("ab") as file:
            file.write(b"\n" * self._torn + json.dumps(asdict(entry)).encode() + b"\n")
            self._torn = False
            self._entries[entry.name] = entry


def _entries(text: bytes) -> Iterator[Entry]:
    for line in text.split(b"\n"):
        try:
            told = json.loads(line)
            fingerprint, formats = Fingerprint(**told.pop("fingerprint")), tuple(told.pop("formats"))
            yield Entry(**told, fingerprint=fingerprint, formats=formats)
        except (ValueError, TypeError, KeyError, AttributeError):
            # Torn, or another version's: its document is read again.
            continue
