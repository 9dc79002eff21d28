"""API keys, asked for before anything else is done for a request."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.access.clients import by_key
from gateway.access.key_file import KeyFile
from gateway.access.open_paths import OpenPaths
from gateway.access.refusal_page import refusal_page
from gateway.error_responses import respond
from gateway.errors import Unauthorized
from gateway.negotiation import prefers_html

_SCHEMES = ("bearer", "token")
"""Of Authorization; older clients of PaddleOCR send the second."""
_HEADERS = "Authorization: Bearer KEY, or X-API-Key: KEY"
_UI = "/ui"


class Authentication:
    """Lets requests pass that bring a key of `keys`, and those for `open_paths`; refuses the others.

    A browser that asks for / passes too where /ui is open: it is only led there.

    Behind it `request.state.client` is the key's name, and `request.state.rate` its rate.
    """

    def __init__(self, app: ASGIApp, keys: KeyFile, open_paths: OpenPaths) -> None:
        self._app = app
        self._keys = keys
        self._open_paths = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or self._is_open(scope):
            await self._app(scope, receive, send)
            return
        presented = _presented(Headers(scope=scope))
        key = self._keys.keyring.find(presented) if presented else None
        if key is None:
            answer = _refuse(Request(scope), presented)
            if _is_browser(scope):
                answer = _for_people(answer, refusal_page(_HEADERS, scope["path"], with_ui=_UI in self._open_paths))
            await answer(scope, receive, send)
            return
        scope["state"].update(client=by_key(key.name), rate=key.rate)
        await self._app(scope, receive, send)

    def _is_open(self, scope: Scope) -> bool:
        leads_to_ui = scope["path"] == "/" and _UI in self._open_paths and _is_browser(scope)
        return scope["path"] in self._open_paths or leads_to_ui


def _is_browser(scope: Scope) -> bool:
    return scope["method"] in ("GET", "HEAD") and prefers_html(Headers(scope=scope).get("accept", ""))


def _presented(headers: Headers) -> str:
    """The key that a request brings, in one of three ways; empty where it brings none."""
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    if scheme.lower() in _SCHEMES:
        return credentials.strip()
    return headers.get("x-api-key", "").strip()


def _refuse(request: Request, presented: str) -> Response:
    """The answer without a good key (RFC 6750, section 3)."""
    if presented:
        error = Unauthorized("this server does not know the API key that was sent")
        challenge = 'Bearer realm="ocr", error="invalid_token"'
    else:
        error = Unauthorized(f"send an API key of this server: {_HEADERS}")
        challenge = 'Bearer realm="ocr"'
    answer = respond(request, error)
    answer.headers["WWW-Authenticate"] = challenge
    return answer


def _for_people(answer: Response, page: str) -> Response:
    """The same answer as a page; what programs get at the same address is another."""
    challenge = answer.headers["WWW-Authenticate"]
    return HTMLResponse(page, answer.status_code, {"WWW-Authenticate": challenge, "Vary": "Accept"})
