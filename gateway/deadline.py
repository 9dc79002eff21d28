"""One deadline a request, made at the edge and carried to the last step."""

from __future__ import annotations

import time
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import TypeVar

import anyio

from gateway.errors import DeadlineExceeded

T = TypeVar("T")


@dataclass(frozen=True)
class Deadline:
    """A point in time: `at` on the monotonic clock, and the `seconds` that were allowed.

    Triton's models are told one that is `margin` seconds earlier: an engine that is late has these to say so. `setting`
    is what the operator caps it by.
    """

    at: float
    seconds: float
    margin: float = 0.0
    setting: str = "REQUEST_TIMEOUT"

    @classmethod
    def after(cls, seconds: float, margin: float = 0.0, setting: str = "REQUEST_TIMEOUT") -> Deadline:
        """The deadline `seconds` from now."""
        return cls(time.monotonic() + seconds, seconds, margin, setting)

    def shortened(self, seconds: float) -> Deadline:
        """The same start with only `seconds` allowed; never later than this deadline."""
        if seconds >= self.seconds:
            return self
        return replace(self, at=self.at - self.seconds + seconds, seconds=seconds)

    def remaining(self) -> float:
        """Seconds left; 0 when it has passed."""
        return max(0.0, self.at - time.monotonic())

    def unix(self) -> float:
        """The point that Triton's models are told, in Unix seconds."""
        return time.time() + self.remaining() - self.margin

    def exceeded(self) -> DeadlineExceeded:
        """The error to raise once it has passed."""
        return DeadlineExceeded(
            f"the request was not done within {self.seconds:g} seconds: send fewer pages, or allow more time "
            f"by timeout (at most the server's {self.setting})"
        )

    async def wait(self, work: Awaitable[T]) -> T:
        """Wait for `work`, and cancel it at the deadline.

        Raises DeadlineExceeded when the time is over; a TimeoutError of the work's own is the work's.
        """
        # Not asyncio.wait_for: before Python 3.12 it forgets a cancellation that meets the end of the work.
        with anyio.move_on_after(self.remaining()):
            return await work
        raise self.exceeded()
