"""Whether the job can be done: one Triton at least, found by canary inferences, and S3.

The answer is kept for seconds, and those who ask meanwhile share one check.
"""

from __future__ import annotations

import asyncio
import time
from typing import Literal

from pydantic import BaseModel

from gateway.admission import Admission
from gateway.canaries import Check
from gateway.deadline import Deadline
from gateway.errors import DeadlineExceeded
from gateway.s3 import S3Error, S3Store
from gateway.tritons import Tritons

_S3_SECONDS = 15.0
_FAILURE_SECONDS = 1.0
"""How long a failure is kept at most, so that a Triton that is back is not told dead."""
_BEST_FIRST = ("ok", "blocked", "failed")


class Health(BaseModel):
    """The state of the whole: `ok`, `degraded` when results can't be uploaded, `failed` when nothing can be read.

    `blocked`: nothing can be read, but all parts of this server live, and a restart of one would not help: the server
    at VLM_URL is down, or the engine can't keep up.
    """

    status: Literal["ok", "degraded", "draining", "blocked", "failed"]
    triton: Check
    models: dict[str, Check]
    s3: Check | None
    engine: str | None = None
    """Which engine reads, and with which model; None until one has answered."""
    model: str | None = None

    @property
    def able(self) -> bool:
        """Whether the job can be done."""
        return self.status in ("ok", "degraded")


class HealthChecker:
    """Checks at most every `cache_seconds`."""

    def __init__(self, tritons: Tritons, s3: S3Store | None, admission: Admission, *, cache_seconds: float) -> None:
        self._tritons = tritons
        self._s3 = s3
        self._admission = admission
        self._cache_seconds = cache_seconds
        self._running: asyncio.Task[Health] | None = None
        self._begun_at = 0.0
        self._last: tuple[float, Health] | None = None

    async def health(self) -> Health:
        """The state now, or that of a check not older than `cache_seconds`."""
        if self._admission.closed:
            stopping = Check(status="failed", seconds=0, message="the gateway is stopping")
            return Health(status="draining", triton=stopping, models={}, s3=None)
        return await self._state()

    async def able_since(self, moment: float) -> bool:
        """Whether pages can be read, by a check that began after `moment` of the monotonic clock.

        What is known from before counts for nothing then; the state of the gateway itself does not count either.
        """
        if self._begun_at <= moment:
            if self._running is not None:
                await asyncio.wait({self._running})
            self._last = None
        return (await self._state()).able

    async def _state(self) -> Health:
        if self._last is not None:
            checked_at, last = self._last
            kept = self._cache_seconds if last.able else min(self._cache_seconds, _FAILURE_SECONDS)
            if time.monotonic() - checked_at < kept:
                return last
        if self._running is None:
            self._begun_at = time.monotonic()
            self._running = asyncio.create_task(self._check())
            self._running.add_done_callback(self._done)
        # Shielded: whoever hangs up does not end the check of the others.
        return await asyncio.shield(self._running)

    async def close(self) -> None:
        """End a check that is under way."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    def _done(self, task: asyncio.Task[Health]) -> None:
        self._running = None
        if not task.cancelled() and task.exception() is None:
            self._last = (time.monotonic(), task.result())

    async def _check(self) -> Health:
        found, s3 = await asyncio.gather(self._tritons.check(), self._ask_s3())
        if not found:
            nobody = Check(status="failed", seconds=0, message="no address behind TRITON_URL is known")
            return Health(status="failed", triton=nobody, models={}, s3=s3)
        best = min(found, key=lambda one: _BEST_FIRST.index(one.status))
        triton = best.triton
        if self._tritons.up < self._tritons.known and best.status != "failed":
            some = f"{self._tritons.up} of {self._tritons.known} Tritons are up"
            triton = triton.model_copy(update={"message": some})
        degraded = best.status == "ok" and s3 is not None and s3.status == "failed"
        return Health(
            status="degraded" if degraded else best.status,
            triton=triton,
            models=best.models,
            s3=s3,
            engine=self._tritons.identity.engine,
            model=self._tritons.identity.model,
        )

    async def _ask_s3(self) -> Check | None:
        if self._s3 is None:
            return None
        start = time.monotonic()
        message: str | None = None
        try:
            await Deadline.after(_S3_SECONDS).wait(self._s3.check())
        except DeadlineExceeded:
            message = f"no answer within {_S3_SECONDS:g} seconds"
        except S3Error as error:
            message = str(error)
        return Check(status="failed" if message else "ok", seconds=round(time.monotonic() - start, 3), message=message)
