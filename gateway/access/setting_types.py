"""The types of the settings that say who may send requests, and how many."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode
from redis import ConnectionPool

from gateway.access.rates import parse_rate

_PATH = re.compile(r"/|(/[\w.~-]+)+", re.ASCII)
_ORIGIN = re.compile(r"\*|https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?")


def _split(value: object) -> object:
    """A text as its parts between commas; anything else as it is."""
    return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value


def _rate(text: str) -> str:
    parse_rate(text)
    return text


def _path(text: str) -> str:
    if not _PATH.fullmatch(text):
        raise ValueError(f'a path begins with a slash and ends without one, such as "/metrics"; this is "{text}"')
    return text


def _network(text: str) -> str:
    ipaddress.ip_network(text)
    return text


def _origin(text: str) -> str:
    if not _ORIGIN.fullmatch(text.lower()):
        raise ValueError(f'an origin is a scheme, a host and perhaps a port, "https://app.example", or *; not "{text}"')
    return text.lower()


def _redis(url: SecretStr) -> SecretStr:
    try:
        ConnectionPool.from_url(url.get_secret_value())
    except ValueError:
        raise ValueError("an address of Redis is redis://, rediss:// or unix://, such as redis://host:6379/0") from None
    return url


Rate = Annotated[str, AfterValidator(_rate)]
"""What `parse_rate` reads."""
Paths = Annotated[tuple[Annotated[str, AfterValidator(_path)], ...], NoDecode, BeforeValidator(_split)]
"""Paths of this server, by commas."""
Networks = Annotated[tuple[Annotated[str, AfterValidator(_network)], ...], NoDecode, BeforeValidator(_split)]
"""Addresses and networks, by commas."""
Origins = Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], NoDecode, BeforeValidator(_split)]
"""Origins of web pages (RFC 6454), by commas."""
RedisUrl = Annotated[SecretStr, AfterValidator(_redis)]
"""Where Redis is; it may hold a password."""
