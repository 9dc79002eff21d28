"""What a client is called: in logs, in the counters, and where turns are shared fairly."""

from __future__ import annotations

import ipaddress

_KEY = "key:"
_UNKNOWN = "unknown"


def by_key(name: str) -> str:
    """The client that sent the API key `name`."""
    return f"{_KEY}{name}"


def by_address(address: str | None) -> str:
    """The client at `address`; what a proxy's header holds instead of an address is not believed."""
    try:
        return str(ipaddress.ip_address(address or ""))
    except ValueError:
        return _UNKNOWN


def key_of(client: str) -> str:
    """The name of the client's API key; empty where it sent none."""
    return client.removeprefix(_KEY) if client.startswith(_KEY) else ""
