"""The HTTP connection to a VLM server."""

from __future__ import annotations

import itertools
import ssl
from dataclasses import dataclass

import anyio
import httpx2

from engines.errors import BadSetting, ServerFailure, ServerUnavailable
from engines.settings import EngineSettings

_CONNECT_SECONDS = 5.0
_BACKOFF_SECONDS = 0.1
"""The pause before the first retry; each further one is twice as long."""
_RETRIED = (httpx2.NetworkError, httpx2.ConnectTimeout, httpx2.RemoteProtocolError)
_ANSWER_BYTES = 16 * 2**20
"""More than any text of a VLM."""


@dataclass(frozen=True)
class Reply:
    """An HTTP answer, whole."""

    status: int
    body: bytes


class Connection:
    """Asks the server at VLM_URL. Belongs to one event loop; how long an answer may take is the caller's to bound.

    No proxy or credentials of the environment are used, no redirect is followed, and neither key nor image is logged.
    Raises BadSetting where VLM_URL is no address, or VLM_API_KEY can't be sent.
    """

    def __init__(self, settings: EngineSettings) -> None:
        try:
            url = httpx2.URL(settings.vlm_url or "")
        except httpx2.InvalidURL as error:
            raise BadSetting(f"VLM_URL is no address: {error}") from None
        self.address = f"{url.scheme}://{url.netloc.decode()}{url.path}".rstrip("/")
        """VLM_URL without credentials, for the log."""
        self._base = str(settings.vlm_url).rstrip("/")
        self._retries = settings.vlm_connect_retries
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if settings.vlm_api_key is not None:
            headers["Authorization"] = f"Bearer {_sendable(settings.vlm_api_key.get_secret_value())}"
        cap = settings.vlm_max_in_flight + 1
        self._http = httpx2.AsyncClient(
            headers=headers,
            follow_redirects=False,
            trust_env=False,
            # SSL_CERT_FILE counts here, which httpx2 passes by where it shall not look at the environment.
            verify=ssl.create_default_context(),
            timeout=httpx2.Timeout(None, connect=_CONNECT_SECONDS),
            limits=httpx2.Limits(max_connections=cap, max_keepalive_connections=cap),
        )

    async def get(self, path: str) -> Reply:
        """Ask for `path` under VLM_URL. Raises ServerUnavailable or ServerFailure."""
        return await self._ask(self._http.build_request("GET", self._base + path))

    async def post(self, path: str, body: bytes) -> Reply:
        """Send JSON to `path` under VLM_URL. Raises ServerUnavailable or ServerFailure."""
        headers = {"Content-Type": "application/json"}
        return await self._ask(self._http.build_request("POST", self._base + path, content=body, headers=headers))

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def _ask(self, request: httpx2.Request) -> Reply:
        """Send a request, again while no answer began and the connection is at fault."""
        for attempt in itertools.count(1):
            try:
                response = await self._http.send(request, stream=True)
            except _RETRIED as error:
                if attempt > self._retries:
                    raise ServerUnavailable(
                        f"the server at VLM_URL can't be reached ({_reason(error)}; tried {attempt} times, "
                        "VLM_CONNECT_RETRIES): start it, or correct VLM_URL"
                    ) from error
                await anyio.sleep(_BACKOFF_SECONDS * 2 ** (attempt - 1))
            else:
                return await _whole(response)
        raise AssertionError


async def _whole(response: httpx2.Response) -> Reply:
    """Read an answer that has begun."""
    body = bytearray()
    try:
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > _ANSWER_BYTES:
                raise ServerFailure(
                    f"the server at VLM_URL answers more than {_ANSWER_BYTES >> 20} MiB, which is no text of a VLM"
                )
    except (httpx2.TransportError, httpx2.DecodingError) as error:
        raise ServerFailure(f"the answer of the server at VLM_URL broke off ({_reason(error)})") from error
    finally:
        await response.aclose()
    return Reply(response.status_code, bytes(body))


def _sendable(key: str) -> str:
    if not (key.isascii() and key.isprintable()):
        raise BadSetting("VLM_API_KEY must be of printable ASCII characters, without a line break at its end")
    return key


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
