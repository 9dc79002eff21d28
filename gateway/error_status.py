"""What an error is to HTTP: its status, the body that tells it, and its class by its code."""

from __future__ import annotations

from typing import Any

from gateway.errors import (
    BodyTooLarge,
    BodyTooSlow,
    ClientDisconnected,
    DeadlineExceeded,
    EngineFailure,
    GatewayError,
    InvalidRequest,
    JobNotDone,
    LimitExceeded,
    MalformedBody,
    MethodNotAllowed,
    NoSuchJob,
    NoSuchPath,
    RateLimited,
    StorageFull,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    UnsupportedBody,
    UnsupportedFile,
)

# The nearest entry of an error's class hierarchy counts.
STATUS: dict[type[GatewayError], int] = {
    GatewayError: 500,
    InvalidRequest: 422,
    NoSuchPath: 404,
    NoSuchJob: 404,
    JobNotDone: 409,
    MethodNotAllowed: 405,
    MalformedBody: 400,
    UnsupportedBody: 415,
    UnsupportedFile: 415,
    Unauthorized: 401,
    LimitExceeded: 422,
    BodyTooLarge: 413,
    BodyTooSlow: 408,
    Unavailable: 503,
    StorageFull: 507,
    TooManyRequests: 429,
    RateLimited: 429,
    DeadlineExceeded: 504,
    EngineFailure: 502,
    ClientDisconnected: 499,
}


def status_of(error: GatewayError) -> int:
    """The HTTP status of `error`."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def envelope(error: GatewayError, request_id: str) -> dict[str, Any]:
    """The body of every answer that is not a success."""
    return {
        "error": {
            "type": error.kind,
            "code": error.code,
            "message": encodable(error.message),
            "param": None if error.param is None else encodable(error.param),
            "request_id": request_id,
        }
    }


def encodable(text: str) -> str:
    """`text` without the halves of surrogate pairs that JSON may hold and UTF-8 may not."""
    return text.encode("utf-8", "replace").decode()


def _subclasses(kind: type[GatewayError]) -> list[type[GatewayError]]:
    return [kind, *(deeper for direct in kind.__subclasses__() for deeper in _subclasses(direct))]


BY_CODE: dict[str, type[GatewayError]] = {kind.code: kind for kind in _subclasses(GatewayError)}
"""Every error by its code: what a rendering process writes on its pipe, the gateway reads back with this."""
