"""Which addresses belong to the internet at large, and which to somebody's own network.

Python's `is_global` is the base, but not enough: what it knows changes from one patch release to the next, and it has
no opinion on IPv4 inside of IPv6, nor on services that answer every machine of a cloud at an address that looks public.
"""

from __future__ import annotations

import ipaddress

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

_NOT_PUBLIC = tuple(
    ipaddress.ip_network(text)
    for text in (
        "168.63.129.16/32",  # Azure's own services for its machines, credentials among them
        "192.0.0.0/24",  # IETF protocol assignments (RFC 6890); Oracle's metadata of old lives there
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "::/8",  # loopback; IPv4-compatible, -mapped (RFC 4291), -translated (RFC 2765); NAT64 (RFC 6052, RFC 8215)
        "100::/63",  # discarded (RFC 6666), and dummies (RFC 9780)
        "2001::/23",  # IETF protocol assignments (RFC 2928), Teredo (RFC 4380) among them
        "2002::/16",  # 6to4 (RFC 3056)
        "3fff::/20",  # documentation (RFC 9637)
        "5f00::/16",  # segment routing (RFC 9602)
    )
)
_CARRYING = ipaddress.ip_network("::/8")
_ISATAP = 0x0000_5EFE
"""The upper half of an interface identifier that carries an IPv4 address (RFC 5214, 6.1); a bit in it may be set."""


def is_public(address: IPAddress) -> bool:
    """Whether `address` is an ordinary address of the internet.

    Not private, loopback, link-local (cloud metadata lives there), shared (CGNAT), multicast, reserved, unspecified,
    nor IPv6 that maps or translates to IPv4, nor a cloud's service for its own machines.
    """
    if isinstance(address, ipaddress.IPv6Address) and (address.is_site_local or _interface_upper(address) == _ISATAP):
        return False
    if any(address in network for network in _NOT_PUBLIC):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def carried(address: IPAddress) -> tuple[IPAddress, ...]:
    """The IPv4 addresses that an IPv6 address may stand for, where a gateway on the way unwraps it."""
    if isinstance(address, ipaddress.IPv4Address):
        return ()
    found = [address.sixtofour, *(address.teredo or ())]
    if address in _CARRYING or _interface_upper(address) == _ISATAP:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    return tuple(item for item in found if item is not None)


def _interface_upper(address: ipaddress.IPv6Address) -> int:
    """The upper half of the interface identifier, its bit for "unique over the world" left out."""
    return int(address) >> 32 & 0xFDFF_FFFF
