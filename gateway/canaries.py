"""Canary inferences: whether a Triton's models answer, found by asking each of them for one small image.

Triton's own readiness may stay good when a model's process has died; only an inference tells.
"""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw
from pydantic import BaseModel

from gateway.deadline import Deadline
from gateway.errors import DeadlineExceeded, EngineOverloaded, GatewayError, VlmServerFailure, VlmServerUnavailable
from gateway.triton import Models

_MARGIN = 0.2
"""This part of a canary's seconds is an engine's to say that it is late: one that can say so is not dead."""

State = Literal["ok", "busy", "blocked", "failed"]


class Check(BaseModel):
    """The state of one part; `blocked`: it lives, but what it depends on does not let it do its job."""

    status: State
    seconds: float
    message: str | None = None


@dataclass(frozen=True)
class Found:
    """What canaries found of one Triton."""

    triton: Check
    models: dict[str, Check]

    @property
    def status(self) -> Literal["ok", "blocked", "failed"]:
        """The state of the whole, by its worst part."""
        states = {self.triton.status, *(check.status for check in self.models.values())}
        if "failed" in states:
            return "failed"
        return "blocked" if "blocked" in states else "ok"


class Canaries:
    """Asks `layout`, `vlm` and `ocr`; each may take `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._image = _canary()

    async def ask(self, models: Models) -> Found:
        """The state of these models, all asked at once."""
        asked = {"layout": self._ask_layout, "vlm": self._ask_vlm, "ocr": self._ask_ocr}
        triton, *checks = await asyncio.gather(
            self._probe(models, self._ask_ready), *(self._probe(models, ask) for ask in asked.values())
        )
        return Found(triton, dict(zip(asked, checks, strict=True)))

    async def _probe(self, models: Models, ask: Callable[[Models, Deadline], Awaitable[object]]) -> Check:
        start = time.monotonic()
        status: State = "ok"
        message: str | None = None
        try:
            await ask(models, Deadline.after(self._seconds, margin=_MARGIN * self._seconds))
        except EngineOverloaded as error:
            status, message = "busy", error.message
        except (VlmServerUnavailable, VlmServerFailure) as error:
            status, message = "blocked", error.message
        except DeadlineExceeded as error:
            # Under load a canary waits behind real pages: if one of those came through meanwhile, the models live.
            late: State = "blocked" if error.by_engine else "failed"
            status = "busy" if models.last_page_at >= start else late
            message = f"no answer within {self._seconds:g} seconds (HEALTH_TIMEOUT)"
        except GatewayError as error:
            status, message = "failed", error.message
        return Check(status=status, seconds=round(time.monotonic() - start, 3), message=message)

    async def _ask_ready(self, models: Models, deadline: Deadline) -> None:
        if not await models.ready(deadline):
            raise GatewayError("Triton can't be reached, or is not ready: see TRITON_URL and Triton's log")

    async def _ask_layout(self, models: Models, deadline: Deadline) -> None:
        await models.detect(np.asarray(self._image), deadline)

    async def _ask_vlm(self, models: Models, deadline: Deadline) -> None:
        await models.recognise(np.asarray(self._image), "OCR:", deadline)

    async def _ask_ocr(self, models: Models, deadline: Deadline) -> None:
        buffer = io.BytesIO()
        self._image.save(buffer, "PNG")
        await models.read_page(buffer.getvalue(), {}, deadline, "canary")


def _canary() -> Image.Image:
    """A small page with one line of text."""
    image = Image.new("RGB", (192, 64), "white")
    ImageDraw.Draw(image).text((16, 20), "Canary 123", fill="black")
    return image
