"""Answers that are written while the work goes on: JSON lines, or server-sent events.

    return EventAnswer("ndjson", work)

`work(emit)` calls `emit(event, data)` as often as it likes, and awaits `emit.room()` before it makes what is large: a
client that reads slowly must not have it all pile up here. Nothing is sent before its first event, so that an error
before that is answered like any other, with its status; a later one becomes the last event, `error`.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Literal, Protocol

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.error_status import envelope
from gateway.errors import ClientDisconnected, GatewayError

_LOG = logging.getLogger(__name__)

_MOST_WAITING = 16 * 1024 * 1024
"""Bytes of a stream that wait to be sent, before no more are made."""


class Emit(Protocol):
    """Takes events."""

    def __call__(self, event: str, data: dict[str, Any]) -> None:
        """Send an event, once those before it are sent."""

    async def room(self) -> None:
        """Wait until the client has read most of what was emitted."""


Work = Callable[[Emit], Awaitable[None]]

_TYPES = {"ndjson": "application/x-ndjson", "sse": "text/event-stream; charset=utf-8"}


class EventAnswer(Response):
    """A stream of events: a JSON object a line with its name as `event`, or in the form of server-sent events."""

    def __init__(self, form: Literal["ndjson", "sse"], work: Work) -> None:
        # A proxy that gathers the answer (nginx does) would hold the events back.
        super().__init__(media_type=_TYPES[form], headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._form = form
        self._work = work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Work, and send what it emits. Raises the error of work that emitted nothing."""
        events = _Events(self._form)
        working = asyncio.create_task(self._run(scope, events))
        try:
            first = await events.next()
            if first is None:
                return await working
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            chunk: bytes | None = first
            while chunk is not None:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                chunk = await events.next()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
        return None

    async def _run(self, scope: Scope, events: _Events) -> None:
        """Do the work; `events` end whatever happens."""
        try:
            await self._work(events)
        except Exception as error:
            if not events.begun:
                raise
            if not isinstance(error, ClientDisconnected):
                self._tell(error, scope, events)
        finally:
            events.end()

    def _tell(self, error: Exception, scope: Scope, emit: Emit) -> None:
        state = scope["state"]
        if not isinstance(error, GatewayError):
            _LOG.error("request %s failed", state["request_id"], exc_info=error)
            error = GatewayError("the gateway failed at this request; its log says why, under the request_id")
        state["log"]["code"] = error.code
        scope["app"].state.metrics.errors.labels(error.code).inc()
        emit("error", envelope(error, state["request_id"]))


class _Events:
    """The events of a stream on their way to the client, as bytes; counted until the next is asked for."""

    def __init__(self, form: Literal["ndjson", "sse"]) -> None:
        self._form = form
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._waiting = 0
        self._last = 0
        self._sent = asyncio.Event()
        self.begun = False

    def __call__(self, event: str, data: dict[str, Any]) -> None:
        chunk = self._encoded(event, data)
        self.begun = True
        self._waiting += len(chunk)
        self._chunks.put_nowait(chunk)

    async def room(self) -> None:
        while self._waiting > _MOST_WAITING:
            self._sent.clear()
            await self._sent.wait()

    def end(self) -> None:
        self._chunks.put_nowait(None)

    async def next(self) -> bytes | None:
        """The next chunk, the one before it being sent; None at the end."""
        self._waiting -= self._last
        self._sent.set()
        chunk = await self._chunks.get()
        self._last = len(chunk or b"")
        return chunk

    def _encoded(self, event: str, data: dict[str, Any]) -> bytes:
        if self._form == "sse":
            return f"event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
        return json.dumps({"event": event, **data}, ensure_ascii=False).encode() + b"\n"
