"""What documents are read from and results are written to: a folder, or a bucket of S3.

Keys are relative, with "/" between their parts. What is written is whole or not there, whenever the writer dies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

S3 = "s3://"


class Item(NamedTuple):
    """One file: `version` changes whenever its content does; empty for what can't be looked at."""

    key: str
    size: int
    version: str


class Changed(OSError):
    """A file is not the one that was listed."""


class NoRoom(OSError):
    """This machine can't keep a copy of a file."""


class Store(Protocol):
    """Files by their keys. Every method raises OSError; FileNotFoundError where a key leads nowhere."""

    def check(self) -> None:
        """Raises OSError where nothing of the store can be reached, whatever the key."""

    def list(self, prefix: str = "") -> Iterator[Item]:
        """All whose keys begin with `prefix`, which ends with "/" or is empty; in the same order each time."""

    def item(self, key: str) -> Item:
        """One of them."""

    def read(self, key: str) -> bytes:
        """The content."""

    def opened(self, key: str) -> AbstractContextManager[BinaryIO]:
        """The content, of which only what is asked for is fetched."""

    def fetched(self, key: str, version: str) -> AbstractContextManager[Path]:
        """The content as a file of this machine. Raises Changed unless it is that `version`, NoRoom."""

    def write(self, key: str, content: bytes | Path) -> None:
        """Put `content` there, in the place of what was there; a path is that of a file to copy."""

    def create(self, key: str, content: bytes) -> None:
        """Put `content` there. Raises FileExistsError where something is."""

    def delete(self, keys: Iterable[str]) -> None:
        """Remove what is there of `keys`."""


def open_store(url: str) -> Store:
    """The store at `url`: a path, or s3://bucket/prefix."""
    if url.startswith(S3):
        # A job that has no S3 needs no client of it.
        from archive.buckets import Bucket

        bucket, _, prefix = url.removeprefix(S3).partition("/")
        return Bucket(bucket, prefix)
    from archive.folders import Folder

    return Folder(Path(url))


def joined(url: str, key: str) -> str:
    """The address of a file for people and for other programs."""
    return f"{url.rstrip('/')}/{key}"
