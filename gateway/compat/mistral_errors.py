"""Errors as Mistral's API tells them: `detail` for fields that are wrong, as its SDK reads it, and a `message`."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from gateway.compat.dialect import Dialect
from gateway.error_status import envelope as own_envelope
from gateway.error_status import status_of
from gateway.errors import GatewayError

_UNPROCESSABLE = 422


def envelope(error: GatewayError, request: Request) -> dict[str, Any]:
    """The body that tells `error`."""
    told = own_envelope(error, request.state.request_id)["error"]
    body = {"object": "error", **told}
    if status_of(error) == _UNPROCESSABLE:
        place = ["body", *(told["param"] or "").split(".")] if told["param"] else ["body"]
        body["detail"] = [{"loc": place, "msg": told["message"], "type": told["code"]}]
    return body


DIALECT = Dialect(envelope, {"file": "document", "url": "document"})
"""How /v1/ocr tells errors."""
