"""The device that the sleeping engine stands for: it does one thing at a time, for whichever process asks."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Lock


class Device:
    """Sleeps for one caller after the other, also between the processes that name the same `path`.

    The file is made where it is missing, and a second one beside it. Raises OSError where that can't be done.
    """

    def __init__(self, path: Path | None) -> None:
        self._thread = Lock()
        self._files: list[int] = []
        if path is not None:
            # Who waits for the device holds the first file: none that has just worked can pass by one that waits.
            for name in (f"{path}.next", path):
                self._files.append(os.open(name, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))

    def work(self, seconds: float) -> float:
        """Hold the device for `seconds`; how many it was held, which a busy machine makes more of."""
        with self._turn():
            start = time.perf_counter()
            time.sleep(seconds)
            return time.perf_counter() - start

    def close(self) -> None:
        """Close the files; the device is not used again."""
        with self._thread:
            while self._files:
                os.close(self._files.pop())

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with self._thread, ExitStack() as held:
            if self._files:
                upcoming, device = self._files
                with _locked(upcoming):
                    held.enter_context(_locked(device))
            yield


@contextmanager
def _locked(file: int) -> Iterator[None]:
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)
