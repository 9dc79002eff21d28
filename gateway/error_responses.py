"""The one way from an error to an answer."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from gateway.compat.envelopes import enveloped
from gateway.error_status import status_of
from gateway.errors import BodyTooSlow, GatewayError, InvalidField, InvalidRequest, MethodNotAllowed, NoSuchPath


def respond(request: Request, error: GatewayError) -> JSONResponse:
    """The answer that tells `error`; the log line and the counters learn of it too."""
    request.state.log["code"] = error.code
    if not error.counted:
        request.app.state.metrics.errors.labels(error.code).inc()
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    if isinstance(error, BodyTooSlow):
        # RFC 9110, 15.5.9: the rest of the body is not waited for.
        headers["Connection"] = "close"
    return JSONResponse(enveloped(error, request), status_of(error), headers=headers)


async def _gateway_error(request: Request, error: GatewayError) -> JSONResponse:
    return respond(request, error)


async def _http_error(request: Request, error: HTTPException) -> JSONResponse:
    """What routing refuses."""
    path = request.url.path[:200]
    if error.status_code == 404:
        return respond(request, NoSuchPath(f"there is nothing at {path}: see /docs"))
    if error.status_code == 405:
        answer = respond(request, MethodNotAllowed(f"{path} does not take {request.method}: see /docs"))
        answer.headers.update(error.headers or {})
        return answer
    return respond(request, InvalidRequest(str(error.detail)))


async def _validation_error(request: Request, error: RequestValidationError) -> JSONResponse:
    """A path or query parameter that does not fit; its value is not repeated."""
    fault = error.errors()[0]
    name = str(fault["loc"][-1])
    return respond(request, InvalidField(f"{name}: {fault['msg']}", param=name))


HANDLERS: dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]] = {
    GatewayError: _gateway_error,
    HTTPException: _http_error,
    RequestValidationError: _validation_error,
}
"""What `create_app` registers."""
