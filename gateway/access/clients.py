"""What a client is called: in logs, in the counters, and where turns are shared fairly."""

from __future__ import annotations

import ipaddress

_KEY = "key:"
_UNKNOWN = "unknown"
_ONE_SITE = 64
"""Bits of an IPv6 address that tell networks apart (RFC 6177)."""


def by_key(name: str) -> str:
    """The client that sent the API key `name`."""
    return f"{_KEY}{name}"


def by_address(address: str | None) -> str:
    """The client at `address`; what a proxy's header holds instead of an address is not believed."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return _UNKNOWN
    # A socket for both families tells IPv4 so; else all of IPv4 would lie in one /64.
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


def sharer(client: str) -> str:
    """Who a client is where places and rates are shared: the one who has a whole /64 of IPv6 has all its addresses."""
    try:
        address = ipaddress.IPv6Address(client)
    except ValueError:
        return client
    return str(ipaddress.IPv6Network((address, _ONE_SITE), strict=False))


def key_of(client: str) -> str:
    """The name of the client's API key; empty where it sent none."""
    return client.removeprefix(_KEY) if client.startswith(_KEY) else ""
