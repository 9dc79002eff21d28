"""An end to work of other people's code that looks at no clock."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TimeIsUp(BaseException):
    """Raised in the midst of the work; no Exception, so that no handler of that code takes it for one of its own."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeIsUp within the block once it has taken so long. For the main thread, which alone hears signals."""

    def ring(_: int, __: FrameType | None) -> None:
        raise TimeIsUp

    signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.signal(signal.SIGALRM, _too_late)


def _too_late(_: int, __: FrameType | None) -> None:
    """Hear an alarm whose block has ended; without a handler it would end the process."""
