"""SHA-256 of large files, several at a time, with progress."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

Tell = Callable[[str], object]
"""Takes a line about the progress."""

_THREADS = 8
_CHUNK = 1 << 20
_TELL_SECONDS = 2.0


def sha256_of(paths: Sequence[Path], tell: Tell) -> dict[Path, str | OSError]:
    """The sum of each file in hexadecimal, or why it can't be read.

    hashlib lets other threads run while it works, so files are read side by side, the largest first.
    """
    progress = _Progress(sum(_size(path) for path in paths), tell)
    ordered = sorted(paths, key=_size, reverse=True)
    with ThreadPoolExecutor(min(_THREADS, len(os.sched_getaffinity(0)))) as threads:
        try:
            sums = list(threads.map(lambda path: _sum(path, progress), ordered))
        except BaseException:
            progress.stop.set()
            raise
    return dict(zip(ordered, sums, strict=True))


class _Progress:
    """Bytes read so far, told every few seconds."""

    def __init__(self, total: int, tell: Tell) -> None:
        self.stop = threading.Event()
        self._total, self._tell = total, tell
        self._done = 0
        self._told = time.monotonic()
        self._lock = threading.Lock()

    def add(self, count: int) -> None:
        """Count bytes that were read."""
        with self._lock:
            self._done += count
            if time.monotonic() - self._told >= _TELL_SECONDS:
                self._told = time.monotonic()
                self._tell(f"SHA-256: {self._done / 1e9:.1f} of {self._total / 1e9:.1f} GB")


def _sum(path: Path, progress: _Progress) -> str | OSError:
    state, buffer = hashlib.sha256(), bytearray(_CHUNK)
    try:
        with path.open("rb", buffering=0) as file:
            while not progress.stop.is_set() and (count := file.readinto(buffer)):
                state.update(memoryview(buffer)[:count])
                progress.add(count)
    except OSError as error:
        return error
    return state.hexdigest()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
