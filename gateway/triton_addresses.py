"""Where the Tritons are: what TRITON_URL may say, and the addresses behind a name that stands for many.

http://triton:8000                       one
http://10.0.0.4:8000,http://10.0.0.5:8000   several
dns+http://triton-headless:8000          each address of the name is one; it is looked up again every few seconds
"""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Annotated

from pydantic import AfterValidator, AnyUrl, BeforeValidator, Field, HttpUrl, UrlConstraints
from pydantic_settings import NoDecode

_LOG = logging.getLogger(__name__)

_NOBODY = (socket.EAI_NONAME, socket.EAI_NODATA)
"""What getaddrinfo says of a name without addresses. All else is a failure of the looking up."""


class TritonUrl(AnyUrl):
    """An http or https URL, or one of http behind `dns+`."""

    _constraints = UrlConstraints(allowed_schemes=["http", "https", "dns+http"], host_required=True)

    @property
    def looked_up(self) -> bool:
        """Whether the host stands for as many Tritons as it has addresses."""
        return self.scheme == "dns+http"


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(filter(None, map(str.strip, value.split(","))))
    return value if isinstance(value, (tuple, list)) else (value,)


def _with_ports(urls: tuple[TritonUrl, ...]) -> tuple[TritonUrl, ...]:
    for url in urls:
        if url.port is None:
            raise ValueError(f"{url} names no port")
    return urls


TritonUrls = Annotated[
    tuple[TritonUrl, ...], NoDecode, BeforeValidator(_split), AfterValidator(_with_ports), Field(min_length=1)
]


async def addresses(url: TritonUrl) -> list[HttpUrl] | None:
    """The Tritons that `url` stands for now; None where that can't be found out at the moment."""
    if not url.looked_up:
        return [HttpUrl(str(url))]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno in _NOBODY:
            return []
        _LOG.warning("TRITON_URL: %s could not be looked up: %s", url.host, error.strerror)
        return None
    # A server with an address of either kind is one: IPv4 first, as it is what all of them have.
    kind = min(family for family, *_ in found)
    hosts = sorted({str(address[0]) for family, _, _, _, address in found if family == kind})
    return [HttpUrl.build(scheme="http", host=f"[{host}]" if ":" in host else host, port=url.port) for host in hosts]
