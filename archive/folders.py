"""A folder as a store. On several machines: one that all of them have mounted at the same place."""

from __future__ import annotations

import os
import stat
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from archive.layout import STATE
from archive.stores import Changed, Item

_TEMPORARY = f"{STATE}tmp"


class Folder:
    """Files below `root`; links are followed, each folder is entered once."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def check(self) -> None:
        """As Store has it."""
        try:
            with os.scandir(self._root) as entries:
                next(entries, None)
        except FileNotFoundError:
            # No file of it is missing: a share is not mounted, for instance.
            raise OSError(f"the folder {self._root} is not there") from None

    def list(self, prefix: str = "") -> Iterator[Item]:
        """As Store has it; one folder's names are held at a time. A missing folder is empty, the root is not."""
        top = self._path(prefix.rstrip("/")) if prefix else self._root
        if prefix and not top.is_dir():
            return
        yield from _walk(top, prefix, {_inode(top)})

    def item(self, key: str) -> Item:
        """As Store has it."""
        status = self._path(key).stat()
        return Item(key, status.st_size, _version(status))

    def read(self, key: str) -> bytes:
        """As Store has it."""
        return self._path(key).read_bytes()

    @contextmanager
    def opened(self, key: str) -> Iterator[BinaryIO]:
        """As Store has it."""
        path = self._path(key)
        if not path.is_file():
            raise OSError(f"{path} is no file")
        with path.open("rb") as file:
            yield file

    @contextmanager
    def fetched(self, key: str, version: str) -> Iterator[Path]:
        """The file itself."""
        path = self._path(key)
        try:
            status = path.stat()
        except FileNotFoundError:
            self.check()
            raise
        if not stat.S_ISREG(status.st_mode):
            raise OSError(f"{path} is no file")
        if _version(status) != version:
            raise Changed(f"{path} has changed since it was listed: the next run reads it")
        # Whoever takes the path learns that it can be read before anything is sent.
        with path.open("rb") as file:
            file.read(1)
        yield path

    def write(self, key: str, content: bytes | Path) -> None:
        """As Store has it."""
        with self._written(content) as temporary:
            temporary.replace(self._target(key))

    def create(self, key: str, content: bytes) -> None:
        """As Store has it."""
        with self._written(content) as temporary:
            os.link(temporary, self._target(key))

    def delete(self, keys: Iterable[str]) -> None:
        """As Store has it; folders that are empty then go too."""
        folders = set()
        for key in keys:
            path = self._path(key)
            path.unlink(missing_ok=True)
            folders.add(path.parent)
        for folder in folders:
            with suppress(OSError):
                folder.rmdir()

    @contextmanager
    def _written(self, content: bytes | Path) -> Iterator[Path]:
        """The content in a file on the same disk, on the disk itself before anybody sees it."""
        folder = self._root / _TEMPORARY
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / uuid.uuid4().hex
        try:
            with temporary.open("xb") as file:
                if isinstance(content, Path):
                    with content.open("rb") as source:
                        while chunk := source.read(1 << 20):
                            file.write(chunk)
                else:
                    file.write(content)
                file.flush()
                os.fsync(file.fileno())
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)

    def _target(self, key: str) -> Path:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _path(self, key: str) -> Path:
        """Below the root, whatever the key is. Raises ValueError."""
        if any(part in ("", ".", "..") for part in key.split("/")):
            raise ValueError(f"{key!r} is no key")
        return self._root / key


def _walk(folder: Path, prefix: str, entered: set[tuple[int, int]]) -> Iterator[Item]:
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        key = f"{prefix}{entry.name}"
        try:
            status = entry.stat()
        except OSError:
            # A link that leads nowhere. Whoever reads it hears so.
            yield Item(key, 0, "")
            continue
        if stat.S_ISDIR(status.st_mode):
            inode = status.st_dev, status.st_ino
            if inode not in entered:
                entered.add(inode)
                yield from _walk(Path(entry.path), f"{key}/", entered)
        else:
            yield Item(key, status.st_size, _version(status))


def _inode(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _version(status: os.stat_result) -> str:
    return f"{status.st_size}-{status.st_mtime_ns}"
