"""Work that nobody waits for any more, named by keys that its sender chose.

Triton's models do not see an HTTP client hang up, so the gateway sends each page with a key, and later, if need be, a
request that cancels it. The key goes with the page's crops to `vlm`, which takes them out of its decode loop.
"""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import Future
from threading import Lock
from typing import Annotated, Any

from pydantic import Field

from engines.errors import Cancelled

CancelKey = Annotated[str, Field(min_length=1, max_length=64)]

CANCELLED = "who asked for this does not wait for it any more"

_REMEMBERED = 4096
"""Keys; work that comes behind its own cancellation comes soon."""


class Cancellations:
    """What is under way by its key, and the keys cancelled lately. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: dict[str, set[Future[Any]]] = {}
        self._cancelled: OrderedDict[str, None] = OrderedDict()

    def cancel(self, key: str) -> int:
        """Cancel what is under way with this key, and have `check` refuse what comes later; how much was cancelled."""
        with self._lock:
            self._cancelled[key] = None
            if len(self._cancelled) > _REMEMBERED:
                self._cancelled.popitem(last=False)
            # A copy: a future that is cancelled runs its callbacks here, `_forget` among them.
            works = list(self._open.get(key, ()))
        return sum(work.cancel() for work in works)

    def check(self, key: str | None) -> None:
        """Raise Cancelled where the key was cancelled."""
        with self._lock:
            if key in self._cancelled:
                raise Cancelled(CANCELLED)

    def watch(self, key: str | None, work: Future[Any]) -> None:
        """Have `work` cancelled with its key, until it is done."""
        if key is None:
            return
        with self._lock:
            self._open.setdefault(key, set()).add(work)
            is_cancelled = key in self._cancelled
        work.add_done_callback(lambda done: self._forget(key, done))
        if is_cancelled:
            work.cancel()

    def _forget(self, key: str, work: Future[Any]) -> None:
        with self._lock:
            works = self._open.get(key, set())
            works.discard(work)
            if not works:
                self._open.pop(key, None)
