"""Whether the job can be done: Triton, each of its models by a canary inference, and S3.

Triton's own readiness stays good when a model's process has died; only an inference tells. The answer is kept for
seconds, and those who ask meanwhile share one check.
"""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Awaitable, Callable
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw
from pydantic import BaseModel

from gateway.admission import Admission
from gateway.deadline import Deadline
from gateway.errors import DeadlineExceeded, EngineOverloaded, GatewayError, VlmServerFailure, VlmServerUnavailable
from gateway.s3 import S3Error, S3Store
from gateway.triton import Models

_S3_SECONDS = 15.0
_MARGIN = 0.2
"""This part of a canary's seconds is an engine's to say that it is late: one that can say so is not dead."""
_FAILURE_SECONDS = 1.0
"""How long a failure is kept at most, so that a Triton that is back is not told dead."""


State = Literal["ok", "busy", "blocked", "failed"]


class Check(BaseModel):
    """The state of one part; `blocked`: it lives, but what it depends on does not let it do its job."""

    status: State
    seconds: float
    message: str | None = None


class Health(BaseModel):
    """The state of the whole: `ok`, `degraded` when results can't be uploaded, `failed` when nothing can be read.

    `blocked`: nothing can be read, but all parts of this server live, and a restart of one would not help: the server
    at VLM_URL is down, or the engine can't keep up.
    """

    status: Literal["ok", "degraded", "draining", "blocked", "failed"]
    triton: Check
    models: dict[str, Check]
    s3: Check | None

    @property
    def able(self) -> bool:
        """Whether the job can be done."""
        return self.status in ("ok", "degraded")


class HealthChecker:
    """Checks at most every `cache_seconds`; each canary may take `seconds`."""

    def __init__(
        self, models: Models, s3: S3Store | None, admission: Admission, *, seconds: float, cache_seconds: float
    ) -> None:
        self._models = models
        self._s3 = s3
        self._admission = admission
        self._seconds = seconds
        self._cache_seconds = cache_seconds
        self._canary = _canary()
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
        canaries = {"layout": self._ask_layout, "vlm": self._ask_vlm, "ocr": self._ask_ocr}
        (triton, *models), s3 = await asyncio.gather(
            asyncio.gather(self._probe(self._ask_ready), *map(self._probe, canaries.values())), self._ask_s3()
        )
        checks = dict(zip(canaries, models, strict=True))
        if triton.status == "failed" or any(check.status == "failed" for check in checks.values()):
            return Health(status="failed", triton=triton, models=checks, s3=s3)
        if any(check.status == "blocked" for check in checks.values()):
            return Health(status="blocked", triton=triton, models=checks, s3=s3)
        degraded = s3 is not None and s3.status == "failed"
        return Health(status="degraded" if degraded else "ok", triton=triton, models=checks, s3=s3)

    async def _probe(self, ask: Callable[[Deadline], Awaitable[object]]) -> Check:
        start = time.monotonic()
        status: State = "ok"
        message: str | None = None
        try:
            await ask(Deadline.after(self._seconds, margin=_MARGIN * self._seconds))
        except EngineOverloaded as error:
            status, message = "busy", error.message
        except (VlmServerUnavailable, VlmServerFailure) as error:
            status, message = "blocked", error.message
        except DeadlineExceeded as error:
            # Under load a canary waits behind real pages: if one of those came through meanwhile, the models live.
            late: State = "blocked" if error.by_engine else "failed"
            status = "busy" if self._models.last_page_at >= start else late
            message = f"no answer within {self._seconds:g} seconds (HEALTH_TIMEOUT)"
        except GatewayError as error:
            status, message = "failed", error.message
        return Check(status=status, seconds=round(time.monotonic() - start, 3), message=message)

    async def _ask_ready(self, deadline: Deadline) -> None:
        if not await self._models.ready(deadline):
            raise GatewayError("Triton can't be reached, or is not ready: see TRITON_URL and Triton's log")

    async def _ask_layout(self, deadline: Deadline) -> None:
        await self._models.detect(np.asarray(self._canary), deadline)

    async def _ask_vlm(self, deadline: Deadline) -> None:
        await self._models.recognise(np.asarray(self._canary), "OCR:", deadline)

    async def _ask_ocr(self, deadline: Deadline) -> None:
        buffer = io.BytesIO()
        self._canary.save(buffer, "PNG")
        await self._models.read_page(buffer.getvalue(), {}, deadline, "canary")

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


def _canary() -> Image.Image:
    """A small page with one line of text."""
    image = Image.new("RGB", (192, 64), "white")
    ImageDraw.Draw(image).text((16, 20), "Canary 123", fill="black")
    return image
