"""The one place where the gateway fetches what a stranger names.

A name is resolved once; every address must be allowed, and the address that was checked is the one that is dialled,
with the host's name in TLS and in the Host header, so a name that resolves differently the second time gains nothing.
The check sits in the transport, below the redirects, so each hop passes it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from pathlib import Path

import anyio
import httpx2

from gateway import __version__
from gateway.deadline import Deadline
from gateway.errors import DeadlineExceeded, UrlFailed, UrlRefused
from gateway.sources.addresses import AllowList, IPAddress
from gateway.sources.data_uri import too_large

_MAX_REDIRECTS = 3
_PORTS = {"http": 80, "https": 443}


class CheckedTransport(httpx2.AsyncBaseTransport):
    """Refuses internal addresses, and dials those that it has checked."""

    def __init__(self, allow: AllowList) -> None:
        self._allow = allow
        self._inner = httpx2.AsyncHTTPTransport(trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send `request` to the first of its host's addresses that takes a connection.

        Raises UrlRefused when the scheme or any of the addresses is not allowed, UrlFailed when the name does not
        resolve.
        """
        url = request.url
        if url.scheme not in _PORTS:
            raise UrlRefused(
                f"url: the scheme {url.scheme or '(none)'} is not fetched, only http and https", param="url"
            )
        addresses = await _resolve(url.host, url.port or _PORTS[url.scheme])
        for address in addresses:
            if not self._allow.permits(url.host, address):
                raise UrlRefused(
                    f"url: {url.host} leads to an internal address, which is not fetched unless URL_ALLOW lists it",
                    param="url",
                )
        return await self._dial(request, addresses)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._inner.aclose()

    async def _dial(self, request: httpx2.Request, addresses: list[IPAddress]) -> httpx2.Response:
        failure: httpx2.ConnectError | None = None
        for address in addresses:
            pinned = httpx2.Request(
                request.method,
                request.url.copy_with(host=str(address)),
                headers=request.headers,
                extensions={**request.extensions, "sni_hostname": request.url.host},
            )
            try:
                return await self._inner.handle_async_request(pinned)
            except httpx2.ConnectError as error:
                failure = error
        raise failure or httpx2.ConnectError("no address")


class Fetcher:
    """Fetches documents by URL; `enabled` is URL_FETCH, `seconds` bounds one fetch, redirects included."""

    def __init__(self, *, enabled: bool, allow: AllowList, seconds: float, max_bytes: int) -> None:
        self._enabled = enabled
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._client = httpx2.AsyncClient(
            transport=CheckedTransport(allow),
            follow_redirects=True,
            max_redirects=_MAX_REDIRECTS,
            trust_env=False,
            timeout=seconds,
            # Nothing compressed: a small answer can't grow past the limit between two counts.
            headers={"User-Agent": f"paddleocr-vl-server/{__version__}", "Accept-Encoding": "identity"},
        )

    async def fetch(self, url: str, target: Path, deadline: Deadline) -> None:
        """Write what `url` holds to `target`.

        Raises UrlRefused, UrlFailed, BodyTooLarge, DeadlineExceeded.
        """
        if not self._enabled:
            raise UrlRefused(
                "url: this server fetches nothing (URL_FETCH is off): send the document as file", param="url"
            )
        own = Deadline.after(min(self._seconds, deadline.remaining()))
        try:
            await own.wait(self._stream(url, target))
        except DeadlineExceeded:
            if deadline.remaining() == 0:
                raise deadline.exceeded() from None
            raise UrlFailed(
                f"url: nothing complete came within {self._seconds:g} seconds: URL_TIMEOUT raises that", param="url"
            ) from None
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol):
            raise UrlRefused("url: it is no http or https address", param="url") from None
        except httpx2.TooManyRedirects:
            raise UrlFailed(f"url: it redirects more than {_MAX_REDIRECTS} times", param="url") from None
        except httpx2.HTTPError as error:
            raise UrlFailed(f"url: it could not be fetched ({type(error).__name__})", param="url") from None

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _stream(self, url: str, target: Path) -> None:
        async with self._client.stream("GET", url) as response:
            if response.status_code != httpx2.codes.OK:
                raise UrlFailed(f"url: the server there answered {response.status_code}", param="url")
            received = 0
            async with await anyio.open_file(target, "wb") as file:
                async for chunk in response.aiter_bytes():
                    received += len(chunk)
                    if received > self._max_bytes:
                        raise too_large(self._max_bytes)
                    await file.write(chunk)


async def _resolve(host: str, port: int) -> list[IPAddress]:
    """Every address of `host`; numbers in any spelling (decimal, octal) are read as the system does when it dials."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UrlFailed(f"url: the host name {host[:255]} does not resolve", param="url") from None
    # An IPv6 address can carry a zone ("fe80::1%eth0"), which only link-local ones need.
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
