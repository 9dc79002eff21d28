"""One page on its way through a rendering process: the seconds that it has used, and a way to call it off."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.errors import RenderFailed
from gateway.pages.process import RendererProcess


class Draw:
    """What a thread does with one process after the other, and what others may call off."""

    def __init__(self) -> None:
        self.begun = False
        """Whether a process has been given to it."""
        self.seconds = 0.0
        """Spent by processes on it, their starts not counted."""
        self.called_off = False
        self.killed = False
        """Whether a process was killed when it was called off."""
        self._lock = threading.Lock()
        self._process: RendererProcess | None = None

    @contextmanager
    def using(self, process: RendererProcess) -> Iterator[None]:
        """Within the block `process` is killed when the draw is called off. Raises RenderFailed where it is already."""
        with self._lock:
            if self.called_off:
                raise RenderFailed("nobody waits for it any more")
            self._process = process
        try:
            yield
        finally:
            with self._lock:
                self._process = None

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count the seconds of the block."""
        begun_at = time.monotonic()
        try:
            yield
        finally:
            self.seconds += time.monotonic() - begun_at

    def call_off(self) -> None:
        """End it; its thread gets RendererCrashed."""
        with self._lock:
            self.called_off = True
            if self._process is not None:
                self.killed = True
                self._process.kill()
