"""What happens to every request: an id, a log line, counts, a trace, and an envelope round what nobody foresaw."""

from __future__ import annotations

import logging
import re
import time
import uuid
from typing import Any
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.access.clients import by_address
from gateway.access_log import ACCESS, REQUEST_ID
from gateway.error_responses import respond
from gateway.errors import GatewayError
from gateway.metrics import Metrics
from gateway.security_headers import secure

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_QUIET = ("/livez", "/metrics", "/health")
"""Routes whose successes nobody wants to read of every few seconds."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_LOG = logging.getLogger(__name__)


class RequestContext:
    """Takes X-Request-Id or makes one, and gives it back on every answer.

    Handlers find it as `request.state.request_id`, and may put what the log line should tell into `request.state.log`.
    `request.state.client` is who sent the request: an address, until an API key tells more.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        client = by_address(scope["client"][0] if scope.get("client") else None)
        scope.setdefault("state", {}).update(request_id=request_id, client=client, log={})
        token = REQUEST_ID.set(request_id)
        try:
            trace_id = self._metrics.tracer.request(request_id)
            exchange = _Exchange(receive, send, request_id)
            try:
                await self._serve(scope, exchange)
            finally:
                self._record(scope, exchange, trace_id)
        finally:
            REQUEST_ID.reset(token)

    async def _serve(self, scope: Scope, exchange: _Exchange) -> None:
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except Exception:
            _LOG.exception("request %s failed", scope["state"]["request_id"])
            if exchange.status:
                raise
            error = GatewayError("the gateway failed at this request; its log says why, under the request_id")
            await respond(Request(scope), error)(scope, exchange.receive, exchange.send)

    def _record(self, scope: Scope, exchange: _Exchange, trace_id: str | None) -> None:
        state = scope["state"]
        # The route's pattern and not the path as sent, and methods that exist: strangers must not be able to make up
        # label values.
        path = getattr(scope.get("route"), "path", "other")
        method = scope["method"] if path != "other" and scope["method"] in _METHODS else "other"
        seconds = time.perf_counter() - exchange.begun_at
        self._metrics.answered(path, method, exchange.status, state["client"])
        self._metrics.request_seconds.labels(path).observe(seconds)
        self._metrics.received_bytes.labels(path).inc(exchange.received)
        self._metrics.sent_bytes.labels(path).inc(exchange.sent)
        fields: dict[str, Any] = {
            "status": exchange.status,
            "seconds": round(seconds, 3),
            "request_id": state["request_id"],
            "client": state["client"],
            **({"trace_id": trace_id} if trace_id else {}),
            **state["log"],
        }
        ACCESS.log(
            logging.DEBUG if path in _QUIET and exchange.status < 400 else logging.INFO,
            "%s %s",
            quote(scope["method"][:20]),
            quote(scope["path"][:200]),
            extra={"fields": fields},
        )


class _Exchange:
    """One request and its answer on their way, counted; the answer with the headers that each one has."""

    def __init__(self, receive: Receive, send: Send, request_id: str) -> None:
        self._receive = receive
        self._send = send
        self._request_id = request_id
        self.begun_at = time.perf_counter()
        self.status = 0
        self.received = 0
        self.sent = 0

    async def receive(self) -> Message:
        message = await self._receive()
        self.received += len(message.get("body", b""))
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = self._request_id
            secure(headers)
        await self._send(message)
        self.sent += len(message.get("body", b""))


def _request_id(scope: Scope) -> str:
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
