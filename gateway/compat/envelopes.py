"""In which form each path tells an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Request

from gateway.compat import mistral_errors, paddle_jobs, paddlex_errors
from gateway.error_status import envelope
from gateway.errors import GatewayError

Envelope = Callable[[GatewayError, Request], dict[str, Any]]

ENVELOPES: dict[str, Envelope] = {
    "/layout-parsing": paddlex_errors.envelope,
    "/restructure-pages": paddlex_errors.envelope,
    "/v1/ocr": mistral_errors.envelope,
    "/api/v2/ocr": paddle_jobs.envelope,
}
"""The paths, with what lies below them, that have a form of their own."""


def enveloped(error: GatewayError, request: Request) -> dict[str, Any]:
    """The body that tells `error` as clients of the request's path expect it, whether or not a route was found yet.

    A route that serves clients of several kinds sets `request.state.envelope`.
    """
    chosen = getattr(request.state, "envelope", None) or _of_path(request)
    return chosen(error, request) if chosen else envelope(error, request.state.request_id)


def _of_path(request: Request) -> Envelope | None:
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    return next((form for start, form in ENVELOPES.items() if path == start or path.startswith(f"{start}/")), None)
