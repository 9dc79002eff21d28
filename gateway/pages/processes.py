"""The rendering processes that there are: those that work, and those that wait for work.

From any thread: a process is taken by one, used by it alone, and given back or ended.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Literal

from gateway.errors import GatewayError, RenderFailed
from gateway.pages.process import RendererCrashed, RendererProcess, RendererTimedOut

Reason = Literal["crashed", "timed_out", "cancelled", "recycled"]
Ended = Callable[[Reason], None]

NOT_OFFLINE = "this system does not let rendering processes give up the network: a hostile file may reach it"
NOT_APART = (
    "this system has no Landlock: a hostile file may change files, and look into processes of the same user other than "
    "the gateway and its supervisor"
)
_LOG = logging.getLogger(__name__)
_RECYCLED_AFTER = 1000
"""Commands that a process serves before it is replaced: what a decoder leaks stays bounded."""


def nobody(_: str) -> None:
    """Hear of nothing."""


def stopping() -> RenderFailed:
    """The error for who comes too late."""
    return RenderFailed("the gateway is stopping")


class Processes:
    """As many as are taken at once, each with `memory_bytes`.

    `ended` hears of each that is replaced, and why: it crashed, timed_out, was cancelled with what it drew, or was
    recycled.
    """

    def __init__(self, memory_bytes: int, ended: Ended) -> None:
        self._memory_bytes = memory_bytes
        self._ended = ended
        self._lock = threading.Lock()
        self._idle: list[RendererProcess] = []
        self._busy: set[RendererProcess] = set()
        self._stopped = False
        self._told: set[str] = set()

    @property
    def size(self) -> int:
        """How many there are now."""
        with self._lock:
            return len(self._idle) + len(self._busy)

    def take(self, path: str, *, fresh: bool = False) -> RendererProcess:
        """One that waits, if it can be one that has `path` open; or a `fresh` one. Raises RenderFailed at the stop."""
        with self._lock:
            if self._stopped:
                raise stopping()
            for dead in [process for process in self._idle if not process.alive]:
                self._idle.remove(dead)
                dead.close()
                self._ended("crashed")
            place = next((i for i, process in enumerate(self._idle) if process.last_path == path), 0)
            process = self._idle.pop(place) if self._idle else None
            if process is not None and fresh:
                # There are as many as there may be.
                process.close()
                process = None
            process = process or RendererProcess(self._memory_bytes)
            self._busy.add(process)
        return process

    def look_at(self, process: RendererProcess) -> None:
        """Warn, once, of what the system did not let a process give up."""
        lacking = {text for has, text in ((process.offline, NOT_OFFLINE), (process.apart, NOT_APART)) if not has}
        with self._lock:
            news = lacking - self._told
            self._told |= news
        for text in news:
            _LOG.warning(text)

    def take_back(self, process: RendererProcess, error: BaseException | None, *, cancelled: bool) -> None:
        """Keep a process, whose use ended with `error`, for the next; or end it where it is of no more use."""
        if cancelled:
            self._end(process, "cancelled")
        elif isinstance(error, RendererTimedOut):
            self._end(process, "timed_out")
        elif isinstance(error, RendererCrashed) or not isinstance(error, (GatewayError, type(None))):
            self._end(process, "crashed")
        elif process.served >= _RECYCLED_AFTER:
            self._end(process, "recycled")
        else:
            self._keep(process)

    def stop(self) -> None:
        """Kill those that work; who uses one gets RendererCrashed."""
        with self._lock:
            self._stopped = True
            for process in self._busy:
                process.kill()

    def close(self) -> None:
        """End those that wait."""
        with self._lock:
            idle, self._idle = self._idle, []
        for process in idle:
            process.close()

    def _keep(self, process: RendererProcess) -> None:
        with self._lock:
            self._busy.discard(process)
            if not self._stopped:
                self._idle.append(process)
                return
        process.close()

    def _end(self, process: RendererProcess, reason: Reason) -> None:
        self._ended(reason)
        with self._lock:
            self._busy.discard(process)
        process.close()
