"""The documents of an archive, listed, and where the results of each one belong."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from archive.stores import S3, Store, joined, open_store
from cli.documents import SUFFIXES
from cli.errors import UsageError

_MOST_NAME_BYTES = 180
"""Of a part of a place; file systems take 255, and suffixes come behind."""
_MOST_BYTES = 700
"""Of a place; S3 takes keys of 1024."""
_ELSEWHERE = "_"
"""The folder of results whose documents have names that can't be those of files."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True)
class Document:
    """One document: `key` in the store `source`, as it was when it had `version`; its results belong at `place`."""

    source: str
    key: str
    version: str
    size: int
    place: str

    @property
    def url(self) -> str:
        """Its name for people and in results; bytes of it that are no UTF-8 are escaped."""
        return joined(self.source, self.key).encode("utf-8", "backslashreplace").decode()

    @property
    def digest(self) -> bytes:
        """What tells it from all others; not its content."""
        return hashlib.sha256(os.fsencode(joined(self.source, self.key))).digest()[:16]


@dataclass(frozen=True)
class Source:
    """What an argument names: all of the store at `url`, or `only` one key of it."""

    url: str
    base: str
    only: str | None = None


def sources(inputs: Sequence[str]) -> list[Source]:
    """The arguments. Raises UsageError where the results of two would mix."""
    found = [_source(text) for text in inputs]
    names: dict[str, str] = {}
    for text, source in zip(inputs, found, strict=True):
        name = source.only or source.base
        if name in names:
            raise UsageError(f"{names[name]} and {text}: both are called {name!r}; archive them into different outputs")
        names[name] = text
    return found


def listed(source: Source, output: str) -> Iterator[Document]:
    """The documents of `source`, as they are come upon, but for what is hidden or lies in `output`. Raises OSError."""
    store = open_store(source.url)
    if source.only is not None:
        item = store.item(source.only)
        yield Document(source.url, item.key, item.version, item.size, place(source.base, item.key))
        return
    own = output.rstrip("/").removeprefix(source.url.rstrip("/")) if _within(output, source.url) else None
    for item in store.list():
        parts = item.key.split("/")
        if PurePosixPath(parts[-1]).suffix.lower() not in SUFFIXES or any(part.startswith(".") for part in parts):
            continue
        if own is None or not f"/{item.key}".startswith(f"{own}/"):
            yield Document(source.url, item.key, item.version, item.size, place(source.base, item.key))


def place(base: str, key: str) -> str:
    """Where the results of the document `key` belong, below the folder of all: its own path, if that can be one.

    No two keys have the same place, and no key leads out of the folder: what could is replaced by its digest.
    """
    whole = f"{base}/{key}" if base else key
    parts = whole.split("/")
    if parts[0] != _ELSEWHERE and len(os.fsencode(whole)) <= _MOST_BYTES and all(map(_is_plain, parts)):
        return whole
    digest = hashlib.sha256(os.fsencode(whole)).hexdigest()
    readable = re.sub(r"[^A-Za-z0-9._-]+", "_", parts[-1])[-40:]
    return f"{_ELSEWHERE}/{digest}-{readable}"


def _is_plain(part: str) -> bool:
    return (
        part not in ("", ".", "..")
        and part.isprintable()
        and "\\" not in part
        and len(os.fsencode(part)) <= _MOST_NAME_BYTES
    )


def _source(text: str) -> Source:
    if text.startswith(S3):
        folder, _, name = text.removeprefix(S3).rstrip("/").rpartition("/")
        if not name:
            raise UsageError(f"{text}: name a bucket: s3://bucket/folder")
        if folder and PurePosixPath(name).suffix.lower() in SUFFIXES and not text.endswith("/"):
            return Source(S3 + folder, "", name)
        return Source(text.rstrip("/"), name)
    if _SCHEME.match(text):
        raise UsageError(f"{text}: an archive is read from folders and from s3://bucket/folder")
    path = Path(text).absolute()
    if path.is_file():
        return Source(str(path.parent), "", path.name)
    if not path.is_dir():
        raise UsageError(f"{text}: there is no such file or folder")
    path = path.resolve() if path.name in ("", "..") else path
    return Source(str(path), path.name)


def _within(output: str, url: str) -> bool:
    return f"{output.rstrip('/')}/".startswith(f"{url.rstrip('/')}/")


def opened_source(document: Document) -> Store:
    """The store that the document is in."""
    return open_store(document.source)
