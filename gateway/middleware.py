"""What happens to every request: an id, a log line, the counters, and an envelope round what nobody foresaw."""

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

from gateway.access_log import ACCESS
from gateway.error_responses import respond
from gateway.errors import GatewayError
from gateway.metrics import Metrics

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_LOG = logging.getLogger(__name__)


class RequestContext:
    """Takes X-Request-Id or makes one, and gives it back on every answer.

    Handlers find it as `request.state.request_id`, and may put what the log line should tell into `request.state.log`.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        request_id = _request_id(scope)
        log: dict[str, Any] = {}
        client = scope["client"][0] if scope.get("client") else "unknown"
        scope.setdefault("state", {}).update(request_id=request_id, client=client, log=log)
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                headers.setdefault("X-Content-Type-Options", "nosniff")
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception:
            _LOG.exception("request %s failed", request_id)
            if status:
                raise
            error = GatewayError("the gateway failed at this request; its log says why, under the request_id")
            await respond(Request(scope), error)(scope, receive, send_with_id)
        finally:
            self._record(scope, status, time.perf_counter() - start, request_id, log)

    def _record(self, scope: Scope, status: int, seconds: float, request_id: str, log: dict[str, Any]) -> None:
        # The route's pattern and not the path as sent: strangers must not be able to make up label values.
        path = getattr(scope.get("route"), "path", "other")
        self._metrics.requests.labels(path, scope["method"] if path != "other" else "other", status).inc()
        self._metrics.request_seconds.labels(path).observe(seconds)
        fields = {"status": status, "seconds": round(seconds, 3), "request_id": request_id, **log}
        quiet = path in ("/livez", "/metrics", "/health") and status < 400
        ACCESS.log(
            logging.DEBUG if quiet else logging.INFO,
            "%s %s",
            scope["method"],
            quote(scope["path"][:200]),
            extra={"fields": fields},
        )


def _request_id(scope: Scope) -> str:
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
