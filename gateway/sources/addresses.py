"""Which addresses a URL may lead to: none inside the operator's own network, unless he lists them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

# IPv6 ranges that carry an IPv4 address which a gateway on the way may unwrap: IPv4-compatible (RFC 4291), NAT64 (RFC
# 6052, RFC 8215), 6to4 (RFC 3056) and Teredo (RFC 4380). Python calls some of them global.
_TRANSLATED = tuple(
    ipaddress.ip_network(text) for text in ("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)


def is_public(address: IPAddress) -> bool:
    """Whether `address` is an ordinary address of the internet.

    Not private, loopback, link-local (cloud metadata lives there), shared (CGNAT), multicast, reserved, unspecified,
    nor IPv6 that maps or translates to IPv4.
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None or address.is_site_local:
            return False
        if any(address in network for network in _TRANSLATED):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


@dataclass(frozen=True)
class AllowList:
    """Hosts and networks that URLs may reach although they are internal."""

    hosts: frozenset[str]
    networks: tuple[IPNetwork, ...]

    @classmethod
    def parse(cls, items: Iterable[str]) -> AllowList:
        """Read host names, addresses and networks in CIDR notation; raises ValueError on a bad network."""
        hosts: set[str] = set()
        networks: list[IPNetwork] = []
        for item in items:
            try:
                networks.append(ipaddress.ip_network(item))
            except ValueError:
                if "/" in item:
                    raise
                hosts.add(item.lower())
        return cls(frozenset(hosts), tuple(networks))

    def permits(self, host: str, address: IPAddress) -> bool:
        """Whether `host`, which resolves to `address`, may be dialled."""
        if is_public(address) or host.lower() in self.hosts:
            return True
        return any(address in network for network in self.networks)
