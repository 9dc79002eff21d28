"""Where URLs may lead: URL_DENY, URL_ALLOW and URL_PORTS.

    rules.check_place(host, port)              before anything is asked of anybody
    rules.check_address(host, address, port)   each address of the host, before one is dialled

URL_DENY wins over everything. A port must be among URL_PORTS, or stand in the entry of URL_ALLOW that lets the host or
its address through. An address that is not public needs an entry of URL_ALLOW.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass

from gateway.errors import UrlRefused
from gateway.sources.addresses import IPAddress, carried, is_public
from gateway.sources.host_list import HostList

_INTERNAL_NAMES = ("localhost", "local", "internal", "home.arpa")
"""Domains that never are public (RFC 6761, RFC 6762, RFC 8375, and ICANN of .internal)."""


@dataclass(frozen=True)
class UrlRules:
    """What the operator allows. Hosts are as `host_of` gives them; every check raises UrlRefused."""

    allow: HostList
    deny: HostList
    ports: frozenset[int]

    def check_place(self, host: str, port: int) -> None:
        """Refuse a host that URL_DENY names, and a port that no rule could let through."""
        if any(entry.covers(port) for entry in self.deny.with_name(host)):
            raise _denied(host)
        if port not in self.ports and not any(entry.opens(port) for entry in self.allow.entries):
            raise self._port_refused(port)

    def check_address(self, host: str, address: IPAddress, port: int) -> None:
        """Refuse an address that URL_DENY holds, one that is not public, and a port that it is not allowed on."""
        allowing = [*self.allow.with_name(host), *self.allow.with_address(address)]
        open_to_us = is_public(address) or any(entry.covers(port) for entry in allowing)
        if not open_to_us and written_address(host) is None:
            # First of all: an internal name is told like one that does not exist, whatever else is wrong with it.
            raise out_of_reach(host)
        for meant in (address, *carried(address)):
            if any(entry.covers(port) for entry in self.deny.with_address(meant)):
                raise _denied(host)
        if port not in self.ports and not any(entry.opens(port) for entry in allowing):
            raise self._port_refused(port)
        if not open_to_us:
            raise out_of_reach(host)

    def check_unresolved(self, host: str, port: int) -> None:
        """All that can be told of a host whose name somebody else will resolve, which is less.

        An address in any spelling is checked as one. A name is refused if it can't be a public one.
        """
        self.check_place(host, port)
        address = written_address(host)
        if address is not None:
            self.check_address(host, address, port)
            return
        allowing = self.allow.with_name(host)
        if port not in self.ports and not any(entry.opens(port) for entry in allowing):
            raise self._port_refused(port)
        if _is_internal_name(host) and not any(entry.covers(port) for entry in allowing):
            raise out_of_reach(host)

    def allows_name(self, host: str, port: int) -> bool:
        """Whether URL_ALLOW names the host, so that what is told of it is no secret."""
        return any(entry.covers(port) for entry in self.allow.with_name(host))

    def _port_refused(self, port: int) -> UrlRefused:
        ports = ", ".join(map(str, sorted(self.ports)))
        return UrlRefused(f"url: nothing is fetched from port {port}; URL_PORTS allows {ports or 'none'}", param="url")


def written_address(host: str) -> IPAddress | None:
    """The address that `host` spells, as the system reads it (decimal, octal, hexadecimal, short); None for a name."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def _is_internal_name(host: str) -> bool:
    return "." not in host or any(host.endswith(f".{name}") for name in _INTERNAL_NAMES)


def _denied(host: str) -> UrlRefused:
    return UrlRefused(f"url: {host[:255]} is not fetched from: URL_DENY lists it", param="url")


def out_of_reach(host: str) -> UrlRefused:
    """The error of an internal name and of one that does not exist, alike: strangers must not learn which names do."""
    leads = "leads" if written_address(host) else "does not resolve, or leads"
    return UrlRefused(
        f"url: {host[:255]} {leads} to an internal address, which is not fetched unless URL_ALLOW lists it", param="url"
    )
