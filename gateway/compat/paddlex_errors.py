"""Errors as PaddleX's server tells them, `{logId, errorCode, errorMsg}`, and the `logId` of all its answers."""

# The names are those of the JSON.
# ruff: noqa: N815

from __future__ import annotations

from typing import Any

from fastapi import Request
from pydantic import BaseModel, Field
from starlette.datastructures import State

from gateway.compat.dialect import Dialect
from gateway.error_status import encodable, status_of
from gateway.errors import GatewayError

_LONGEST = 1000
"""Characters of a `logId` that are sent back."""


class FailureAnswer(BaseModel):
    """What PaddleX's server answers when it does not succeed."""

    logId: str
    errorCode: int = Field(description="The HTTP status.")
    errorMsg: str


def envelope(error: GatewayError, request: Request) -> dict[str, Any]:
    """The body that tells `error`."""
    answer = FailureAnswer(logId=log_id(request.state), errorCode=status_of(error), errorMsg=encodable(error.message))
    return answer.model_dump()


OF_DOCUMENTS = Dialect(envelope, {"url": "file", "pages": "file"})
"""How paths that take a document tell errors: it is `file` in any form, and all of its pages are read."""
OF_PAGES = Dialect(envelope)
"""How /restructure-pages tells errors."""


def keep_log_id(fields: dict[str, Any], state: State) -> None:
    """Note the `logId` that a body brings, before anything in the body is found wrong."""
    given = fields.get("logId")
    if isinstance(given, str) and given:
        state.log_id = encodable(given[:_LONGEST])


def log_id(state: State) -> str:
    """The request's own `logId`, else the id of the request."""
    return str(getattr(state, "log_id", state.request_id))
