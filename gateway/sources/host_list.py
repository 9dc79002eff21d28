"""Lists of hosts and networks, as URL_ALLOW and URL_DENY have them.

files.example          that host                     10.0.0.0/8         a network, or an address
*.example              every host below it           10.0.0.0/8:9000    it, on that port only
files.example:8443     that host, on that port only  [fd00::/8]:9000    the same in IPv6
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

import httpx2

from gateway.sources.addresses import IPAddress, IPNetwork

ANY_PORT = 0
_BELOW = "*."
# Percent signs, which spell other characters and the zones of link-local addresses, are in none.
_HOST = re.compile(r"[a-z0-9._-]{1,253}|[0-9a-f:.]{2,45}")


@dataclass(frozen=True)
class Entry:
    """One item: a host by name or a network; on one port, on ANY_PORT, or without a word on ports."""

    host: str | None
    below: bool
    network: IPNetwork | None
    port: int | None

    @classmethod
    def parse(cls, text: str) -> Entry:
        """Read one item; raises ValueError, which repeats it."""
        place, port = _split(text.strip())
        try:
            return cls(None, below=False, network=ipaddress.ip_network(place), port=port)
        except ValueError:
            if "/" in place or ":" in place or text.strip().startswith("["):
                raise
        below = place.startswith(_BELOW)
        return cls(host_name(place.removeprefix(_BELOW)), below=below, network=None, port=port)

    def names(self, host: str) -> bool:
        """Whether `host`, as `host_of` gives it, is meant."""
        if self.host is None:
            return False
        return host.endswith(f".{self.host}") if self.below else host == self.host

    def covers(self, port: int) -> bool:
        """Whether it says anything of that port."""
        return self.port in (None, ANY_PORT, port)

    def opens(self, port: int) -> bool:
        """Whether it says that port by itself."""
        return self.port in (ANY_PORT, port)

    def holds(self, address: IPAddress) -> bool:
        """Whether `address` is in the network."""
        return self.network is not None and address in self.network


@dataclass(frozen=True)
class HostList:
    """Hosts and networks, in any order."""

    entries: tuple[Entry, ...] = ()

    @classmethod
    def parse(cls, items: Iterable[str]) -> HostList:
        """Read items; raises ValueError on the first that can't be read."""
        return cls(tuple(map(Entry.parse, items)))

    def with_name(self, host: str) -> list[Entry]:
        """The entries that mean `host` by its name."""
        return [entry for entry in self.entries if entry.names(host)]

    def with_address(self, address: IPAddress) -> list[Entry]:
        """The entries whose network holds `address`."""
        return [entry for entry in self.entries if entry.holds(address)]


def host_name(text: str) -> str:
    """A host name as it is asked for, see `host_of`; raises ValueError when it is none."""
    try:
        url = httpx2.URL(f"http://{text}/")
    except httpx2.InvalidURL:
        raise ValueError(f"{text!r} is no host name") from None
    if url.raw_path != b"/" or url.userinfo or url.port or url.query or url.fragment:
        raise ValueError(f"{text!r} is no host name")
    return host_of(url)


def host_of(url: httpx2.URL) -> str:
    """The host of a URL: lower case, IDNA (RFC 5891), without the dot at its end. Raises ValueError without one."""
    host = url.raw_host.decode().rstrip(".")
    if not _HOST.fullmatch(host):
        raise ValueError(f"{host[:255]!r} is no host name")
    return host


def _split(text: str) -> tuple[str, int | None]:
    """An item's place and its port, if it has one."""
    place, colon, port = text.rpartition(":")
    if text.startswith("["):
        place, _, port = text[1:].partition("]")
        if not port:
            return place, None
        colon, port = port[:1], port[1:]
    elif not colon or ":" in place:
        return text, None
    if (colon, port) == (":", "*"):
        return place, ANY_PORT
    if colon != ":" or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"{text!r} has no port from 1 to 65535 behind its colon")
    return place, int(port)
