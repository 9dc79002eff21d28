"""In which form each path tells an error."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from gateway.compat import mistral_errors, paddle_jobs, paddlex_errors
from gateway.compat.dialect import Dialect
from gateway.error_status import envelope
from gateway.errors import GatewayError

DIALECTS: dict[str, Dialect] = {
    "/layout-parsing": paddlex_errors.OF_DOCUMENTS,
    "/restructure-pages": paddlex_errors.OF_PAGES,
    "/v1/ocr": mistral_errors.DIALECT,
    "/api/v2/ocr": paddle_jobs.DIALECT,
}
"""The paths, with what lies below them, that speak another server's API."""


def enveloped(error: GatewayError, request: Request) -> dict[str, Any]:
    """The body that tells `error` as clients of the request's path expect it, whether or not a route was found yet.

    A route that serves clients of several kinds sets `request.state.dialect`.
    """
    dialect: Dialect | None = getattr(request.state, "dialect", None) or _of_path(request)
    return dialect.tell(error, request) if dialect else envelope(error, request.state.request_id)


def _of_path(request: Request) -> Dialect | None:
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    return next((found for start, found in DIALECTS.items() if path == start or path.startswith(f"{start}/")), None)
