"""How a URL is asked for: at an address that was checked, or through the operator's proxy.

A name is resolved once, every address of it is checked, and one of those is dialled, with the host's name in TLS and in
the Host header: a name that resolves differently the second time gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import httpx2

from gateway import __version__
from gateway.errors import UrlFailed, UrlRefused
from gateway.sources.addresses import IPAddress
from gateway.sources.host_list import host_of
from gateway.sources.url_rules import UrlRules, out_of_reach

_PORTS = {"http": 80, "https": 443}
_HEADERS = {"User-Agent": f"paddleocr-vl-server/{__version__}", "Accept": "*/*", "Accept-Encoding": "identity"}
_LOOKUPS_AT_ONCE = 16
"""Threads of their own: a name server that never answers holds up other names, but nothing else in the gateway."""
# Nothing is kept open. A connection to an address would else serve the next host there, whose certificate nobody saw.
_NONE_KEPT = httpx2.Limits(max_connections=None, max_keepalive_connections=0)


class Dialler(Protocol):
    """Asks for one URL."""

    async def get(self, url: httpx2.URL, seconds: float) -> httpx2.Response:
        """The answer, its body not read yet; redirects are not followed.

        Raises UrlRefused when the URL may not be asked for or its host does not resolve, UrlFailed when one does not
        that is allowed, and httpx2's errors when no answer comes. No step of it, as connecting or a pause in the
        answer, takes longer than `seconds`.
        """
        ...

    async def close(self) -> None:
        """Give back what is held."""


class DirectDialler:
    """Resolves names itself, and dials what it has checked."""

    def __init__(self, rules: UrlRules, ca_file: Path | None) -> None:
        self._rules = rules
        self._transport = httpx2.AsyncHTTPTransport(verify=tls_context(ca_file), trust_env=False, limits=_NONE_KEPT)
        self._lookups = ThreadPoolExecutor(_LOOKUPS_AT_ONCE, thread_name_prefix="url-lookup")

    async def get(self, url: httpx2.URL, seconds: float) -> httpx2.Response:
        """See `Dialler`; the host's addresses are tried in the system's order."""
        host, port = place_of(url)
        self._rules.check_place(host, port)
        addresses = await self._resolve(host, port)
        for address in addresses:
            self._rules.check_address(host, address, port)
        failure: httpx2.TransportError = httpx2.ConnectError("the host has no address")
        for address in addresses:
            # One that does not answer leaves time for the others.
            request = _request(url, host, seconds, connect=seconds / len(addresses))
            request.url = url.copy_with(host=str(address))
            try:
                return await self._transport.handle_async_request(request)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                failure = error
        raise failure

    async def close(self) -> None:
        """Close the connections; look-ups under way end by themselves."""
        self._lookups.shutdown(wait=False, cancel_futures=True)
        await self._transport.aclose()

    async def _resolve(self, host: str, port: int) -> list[IPAddress]:
        """Every address of `host`; numbers in any spelling (decimal, octal) are read as the system does it."""

        def look_up() -> list[Any]:
            return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)

        try:
            found = await asyncio.get_running_loop().run_in_executor(self._lookups, look_up)
        except (OSError, UnicodeError):
            if self._rules.allows_name(host, port):
                raise UrlFailed(f"url: the host name {host} does not resolve", param="url") from None
            raise out_of_reach(host) from None
        # The name server may add a zone ("fe80::1%eth0"), which only link-local addresses need.
        return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


class ProxiedDialler:
    """Asks a proxy, which resolves the names: what they lead to is for the proxy to refuse."""

    def __init__(self, rules: UrlRules, ca_file: Path | None, proxy: str) -> None:
        self._rules = rules
        context = tls_context(ca_file)
        via = httpx2.Proxy(proxy, ssl_context=context if proxy.startswith("https:") else None)
        self._transport = httpx2.AsyncHTTPTransport(verify=context, trust_env=False, limits=_NONE_KEPT, proxy=via)

    async def get(self, url: httpx2.URL, seconds: float) -> httpx2.Response:
        """See `Dialler`."""
        host, port = place_of(url)
        self._rules.check_unresolved(host, port)
        return await self._transport.handle_async_request(_request(url, host, seconds, connect=seconds))

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.aclose()


def place_of(url: httpx2.URL) -> tuple[str, int]:
    """The host, as `host_of` gives it, and the port that `url` leads to.

    Raises UrlRefused when it is not http or https, has no usable host, or holds a user's name or password.
    """
    if url.scheme not in _PORTS:
        raise UrlRefused(f"url: the scheme {url.scheme or '(none)'} is not fetched, only http and https", param="url")
    try:
        host = host_of(url)
    except ValueError:
        raise UrlRefused("url: it is no http or https address: its host can't be read", param="url") from None
    if url.userinfo:
        raise UrlRefused("url: it holds a user name or a password, which is not sent: leave it out", param="url")
    port = _PORTS[url.scheme] if url.port is None else url.port
    if not 0 < port < 65536:
        raise UrlRefused(f"url: there is no port {port}", param="url")
    return host, port


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Whose certificates are believed: the system's authorities, and those in `ca_file`."""
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


def _request(url: httpx2.URL, host: str, seconds: float, connect: float) -> httpx2.Request:
    extensions = {"timeout": httpx2.Timeout(seconds, connect=connect).as_dict(), "sni_hostname": host}
    return httpx2.Request("GET", url, headers=_HEADERS, extensions=extensions)
