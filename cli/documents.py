"""The documents that the arguments name."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

SUFFIXES = frozenset({".pdf", ".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"})
"""What is taken from folders; a file that is named itself is sent whatever its suffix."""


@dataclass(frozen=True)
class Document:
    """One document: `label` is its name for people, `identity` tells it from all others.

    `source` is a path, an address, or bytes that can be read but once. Its results belong into `folder`, a relative
    one, and are called `stem`, or `stem` + `suffix`.
    """

    label: str
    identity: str
    source: Path | str | bytes
    folder: PurePosixPath
    stem: str
    suffix: str


@dataclass(frozen=True)
class Unusable:
    """Something that was named and can't be read."""

    label: str
    reason: str


def find(inputs: Iterable[str], *, recursive: bool, left_out: Callable[[Path], bool]) -> Iterator[Document | Unusable]:
    """Every document once, in the order of the arguments; of folders all but those that are `left_out`."""
    seen: set[str] = set()
    for found in _all(inputs, recursive, left_out):
        if isinstance(found, Unusable):
            yield found
        elif found.identity not in seen:
            seen.add(found.identity)
            yield found


def _all(inputs: Iterable[str], recursive: bool, left_out: Callable[[Path], bool]) -> Iterator[Document | Unusable]:
    for text in inputs:
        if text == "-":
            yield _once("standard input", sys.stdin.buffer.read(), "stdin", "")
        elif text.lower().startswith(("http://", "https://")):
            yield _address(text)
        else:
            yield from _named(Path(text), recursive, left_out)


def _address(url: str) -> Document:
    parts = urlsplit(url)
    last = unquote(parts.path.rstrip("/").rpartition("/")[2])
    plain = "".join(letter if letter.isprintable() and letter not in "/\\" else "_" for letter in last)
    name = PurePosixPath(plain.lstrip(".") or parts.hostname or "document")
    return Document(url, url, url, PurePosixPath(), name.stem, name.suffix)


def _once(label: str, data: bytes, stem: str, suffix: str) -> Document:
    """What gives its bytes once; its name says nothing of what they are."""
    return Document(label, f"sha256:{hashlib.sha256(data).hexdigest()}", data, PurePosixPath(), stem, suffix)


def _named(path: Path, recursive: bool, left_out: Callable[[Path], bool]) -> Iterator[Document | Unusable]:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            yield from _folder(path, recursive, left_out)
        elif stat.S_ISREG(mode):
            yield _file(path, PurePosixPath())
        else:
            # A pipe of the shell, <(command).
            yield _once(str(path), path.read_bytes(), path.stem, path.suffix)
    except OSError as error:
        yield Unusable(str(path), f"it can't be read: {error.strerror}")


def _folder(top: Path, recursive: bool, left_out: Callable[[Path], bool]) -> Iterator[Document | Unusable]:
    """The files of a folder, by name; links are followed, each folder is entered once."""
    base = PurePosixPath(top.name if top.name != ".." else "")
    entered: set[tuple[int, int]] = set()
    failures: list[OSError] = []
    found = False
    for place, folders, files in os.walk(top, onerror=failures.append, followlinks=True):
        here = Path(place)
        entered.add(_inode(here))
        folders[:] = sorted(name for name in folders if recursive and _is_new(here / name, entered, left_out))
        for name in sorted(files):
            path = here / name
            if not name.startswith(".") and path.suffix.lower() in SUFFIXES:
                found = True
                yield _in_folder(path, base / here.relative_to(top).as_posix())
    yield from (Unusable(str(error.filename), f"it can't be read: {error.strerror}") for error in failures)
    if not found and not failures:
        deeper = "" if recursive else "; --recursive looks below it too"
        yield Unusable(str(top), f"there is no document in this folder ({', '.join(sorted(SUFFIXES))}){deeper}")


def _is_new(folder: Path, entered: set[tuple[int, int]], left_out: Callable[[Path], bool]) -> bool:
    if folder.name.startswith(".") or left_out(folder):
        return False
    try:
        inode = _inode(folder)
    except OSError:
        # Whatever it is, os.walk tells of it.
        return True
    if inode in entered:
        return False
    entered.add(inode)
    return True


def _inode(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _in_folder(path: Path, place: PurePosixPath) -> Document | Unusable:
    try:
        if path.is_file():
            return _file(path, place)
        return Unusable(str(path), "it is no file" if path.exists() else "this link leads nowhere")
    except OSError as error:
        return Unusable(str(path), f"it can't be read: {error.strerror}")


def _file(path: Path, place: PurePosixPath) -> Document:
    return Document(str(path), _identity(path), path, place, path.stem, path.suffix)


def _identity(path: Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - Path.resolve would make one of a file and a link to it
