"""Answers of the API, checked and made into models or errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx2
from pydantic import BaseModel, ValidationError

from ocr_client.calls import EVENTS
from ocr_client.errors import (
    BY_TYPE,
    ApiError,
    BadAnswer,
    BadGateway,
    ConnectionLost,
    DeadlineExceeded,
    LimitExceeded,
    ServerFailure,
    ServerUnreachable,
    TimedOut,
    Unauthorized,
    Unavailable,
)
from ocr_client.models import Health

M = TypeVar("M", bound=BaseModel)

_BY_STATUS: dict[int, type[ApiError]] = {
    401: Unauthorized,
    413: LimitExceeded,
    429: Unavailable,
    502: BadGateway,
    503: Unavailable,
    504: DeadlineExceeded,
}
"""What a proxy in front of the server means, which does not know the API's form of errors.

A 403 is none of them: it may refuse this document alone, and says nothing of the key.
"""


class _ErrorBody(BaseModel):
    type: str
    code: str
    message: str
    param: str | None = None
    request_id: str | None = None


class _Envelope(BaseModel):
    error: _ErrorBody


@contextmanager
def translated(server: str) -> Iterator[None]:
    """Raises the errors of the transport as this package's own."""
    try:
        yield
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError, httpx2.UnsupportedProtocol) as error:
        raise ServerUnreachable(
            f"{server} can't be reached: is it running, and is this its address? ({_said(error)})"
        ) from error
    except httpx2.TimeoutException as error:
        raise TimedOut(f"{server} did not answer in time: allow more by timeout") from error
    except httpx2.DecodingError as error:
        raise BadAnswer(f"the answer of {server} can't be decoded: {_said(error)}") from error
    except httpx2.TransportError as error:
        raise ConnectionLost(f"the connection to {server} broke: {_said(error)}") from error


def parsed(model: type[M], response: httpx2.Response) -> M:
    """The body of `response`, which has been read. Raises the error that it tells, BadAnswer."""
    if not response.is_success:
        raise error_of(response)
    try:
        return model.model_validate_json(response.content)
    except ValidationError:
        raise _stranger(response) from None


def health_of(response: httpx2.Response) -> Health:
    """The state that GET /health tells: with 503 too, where the server can't read. Raises OcrError."""
    try:
        return Health.model_validate_json(response.content)
    except ValidationError:
        raise error_of(response) from None


def streams(response: httpx2.Response) -> bool:
    """Whether `response`, not read yet, is a stream of events."""
    return response.is_success and response.headers.get("content-type", "").startswith(EVENTS)


def error_of(response: httpx2.Response) -> ApiError | BadAnswer:
    """The error that `response`, no success and read, tells."""
    status = response.status_code
    retry_after = _seconds(response.headers.get("retry-after"))
    try:
        told = _Envelope.model_validate_json(response.content).error
    except ValidationError:
        kind = _BY_STATUS.get(status)
        if kind is None:
            return _stranger(response)
        return kind(
            f"{response.url} answers {status} {response.reason_phrase}, without a reason",
            type="unknown",
            code=f"status_{status}",
            request_id=response.headers.get("x-request-id"),
            status=status,
            retry_after=retry_after,
        )
    return _made(told, status, retry_after)


def error_event(event: dict[str, Any]) -> ApiError | BadAnswer:
    """The error that ended a stream."""
    try:
        return _made(_Envelope.model_validate(event).error, None, None)
    except ValidationError:
        return BadAnswer("the answer ended with an error that is not in the form of this API")


def _stranger(response: httpx2.Response) -> BadAnswer:
    kind = response.headers.get("content-type", "no Content-Type")
    return BadAnswer(
        f"{response.url} answers with status {response.status_code} and {kind}, which is not this API: "
        "is it the server's address, or does a proxy in front of it refuse this?"
    )


def _made(told: _ErrorBody, status: int | None, retry_after: float | None) -> ApiError:
    kind = BY_TYPE.get(told.type, ServerFailure)
    return kind(**{**told.model_dump(), "status": status, "retry_after": retry_after})


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After in seconds (RFC 9110, 10.2.3: seconds or a date); None where there is none that can be read."""
    if retry_after is None:
        return None
    if retry_after.strip().isascii() and retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=timezone.utc)
    return max(0.0, (at - datetime.now(timezone.utc)).total_seconds())


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
