"""Answers that are written while the work goes on: JSON lines, or server-sent events.

    return EventAnswer("ndjson", work)

`work(emit)` calls `emit(event, data)` as often as it likes. Nothing is sent before its first event, so that an error
before that is answered like any other, with its status; a later one becomes the last event, `error`.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.error_status import envelope
from gateway.errors import ClientDisconnected, GatewayError

_LOG = logging.getLogger(__name__)

Emit = Callable[[str, dict[str, Any]], None]
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
        chunks: asyncio.Queue[bytes | None] = asyncio.Queue()
        working = asyncio.create_task(self._run(scope, chunks))
        try:
            first = await chunks.get()
            if first is None:
                return await working
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            chunk: bytes | None = first
            while chunk is not None:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                chunk = await chunks.get()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
        return None

    async def _run(self, scope: Scope, chunks: asyncio.Queue[bytes | None]) -> None:
        """Do the work; `chunks` ends with None whatever happens."""
        emitted = False

        def emit(event: str, data: dict[str, Any]) -> None:
            nonlocal emitted
            emitted = True
            chunks.put_nowait(self._encoded(event, data))

        try:
            await self._work(emit)
        except Exception as error:
            if not emitted:
                raise
            if not isinstance(error, ClientDisconnected):
                self._tell(error, scope, emit)
        finally:
            chunks.put_nowait(None)

    def _tell(self, error: Exception, scope: Scope, emit: Emit) -> None:
        state = scope["state"]
        if not isinstance(error, GatewayError):
            _LOG.error("request %s failed", state["request_id"], exc_info=error)
            error = GatewayError("the gateway failed at this request; its log says why, under the request_id")
        state["log"]["code"] = error.code
        scope["app"].state.metrics.errors.labels(error.code).inc()
        emit("error", envelope(error, state["request_id"]))

    def _encoded(self, event: str, data: dict[str, Any]) -> bytes:
        if self._form == "sse":
            return f"event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
        return json.dumps({"event": event, **data}, ensure_ascii=False).encode() + b"\n"
