"""Which addresses are public, and what URL_ALLOW, URL_DENY and URL_PORTS mean."""

from __future__ import annotations

import ipaddress

import pytest

from gateway.errors import UrlRefused
from gateway.sources.addresses import carried, is_public
from gateway.sources.host_list import Entry, HostList
from gateway.sources.url_rules import UrlRules, written_address

INTERNAL = """
    127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 100.100.100.200 0.0.0.0 224.0.0.1 239.1.1.1
    240.0.0.1 255.255.255.255 192.0.2.1 198.18.0.1 192.0.0.192 192.88.99.1 168.63.129.16
    ::1 :: fe80::1 fe80::a9fe:a9fe fc00::1 fd00:ec2::254 fec0::1 ff02::1 ::ffff:8.8.8.8 ::ffff:0:8.8.8.8 ::8.8.8.8
    64:ff9b::808:808 64:ff9b:1::1 2002:808:808:: 2001:0:1::1 2001:db8::1 3fff::1 100::1 5f00::1
    2606:4700::5efe:10.0.0.1 2606:4700::200:5efe:10.0.0.1
"""
PUBLIC = "8.8.8.8 93.184.216.34 168.63.129.17 2606:4700:4700::1111 2a00:1450::5eff:1"


@pytest.mark.parametrize("address", INTERNAL.split())
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC.split())
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("64:ff9b::10.0.0.1", "10.0.0.1"),
        ("2002:a00:1::", "10.0.0.1"),
        ("2606:4700::5efe:10.0.0.1", "10.0.0.1"),
        ("2001:0:4136:e378:8000:63bf:f5ff:fffe", "10.0.0.1"),
    ],
)
def test_addresses_that_carry_another(address: str, inside: str) -> None:
    assert ipaddress.ip_address(inside) in carried(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "spelling", ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "::ffff:127.0.0.1"]
)
def test_spellings_of_an_address(spelling: str) -> None:
    address = written_address(spelling)
    assert address is not None
    assert not is_public(address)


def test_a_name_is_no_address() -> None:
    assert written_address("files.example") is None


@pytest.mark.parametrize(
    ("item", "host", "port"),
    [
        ("files.example", "files.example", None),
        ("Files.Example.:8443", "files.example", 8443),
        ("bücher.example", "xn--bcher-kva.example", None),
        ("*.example", "example", None),
    ],
)
def test_an_item_with_a_host(item: str, host: str, port: int | None) -> None:
    entry = Entry.parse(item)
    assert (entry.host, entry.port, entry.network) == (host, port, None)


@pytest.mark.parametrize(
    ("item", "network", "port"),
    [
        ("10.0.0.0/8", "10.0.0.0/8", None),
        ("10.0.0.7:9000", "10.0.0.7/32", 9000),
        ("fd00::/8", "fd00::/8", None),
        ("[fd00::/8]:9000", "fd00::/8", 9000),
        ("[::1]", "::1/128", None),
    ],
)
def test_an_item_with_a_network(item: str, network: str, port: int | None) -> None:
    entry = Entry.parse(item)
    assert (str(entry.network), entry.port, entry.host) == (network, port, None)


@pytest.mark.parametrize(
    "item", ["", "10.0.0.1/8", "a b", "http://a", "a/b", "u@a", "a:0", "a:x", "a:70000", "[::1]x", "[a]:1", "*."]
)
def test_items_that_can_not_be_read(item: str) -> None:
    with pytest.raises(ValueError, match=r"host|port|address|network"):
        Entry.parse(item)


def allowed(rules: UrlRules, host: str, address: str, port: int) -> bool:
    try:
        rules.check_place(host, port)
        rules.check_address(host, ipaddress.ip_address(address), port)
    except UrlRefused:
        return False
    return True


def rules(allow: str = "", deny: str = "") -> UrlRules:
    return UrlRules(HostList.parse(allow.split()), HostList.parse(deny.split()), frozenset({80, 443}))


# Allowed and denied lists, then a host with one of its addresses and a port, and whether it may be dialled.
DECIDED = [
    ("", "", "a.example", "8.8.8.8", 443, True),
    ("", "", "a.example", "8.8.8.8", 8443, False),
    ("", "", "a.example", "10.0.0.1", 443, False),
    ("a.example", "", "a.example", "10.0.0.1", 443, True),
    ("a.example", "", "a.example", "10.0.0.1", 8443, False),
    ("a.example", "", "b.a.example", "10.0.0.1", 443, False),
    ("*.a.example", "", "b.a.example", "10.0.0.1", 443, True),
    ("*.a.example", "", "a.example", "10.0.0.1", 443, False),
    ("*.a.example", "", "ba.example", "10.0.0.1", 443, False),
    ("a.example:8443", "", "a.example", "10.0.0.1", 8443, True),
    ("a.example:8443", "", "a.example", "8.8.8.8", 8443, True),
    ("a.example:8443", "", "a.example", "10.0.0.1", 443, False),
    ("a.example:8443", "", "b.example", "8.8.8.8", 8443, False),
    ("10.0.0.0/8:*", "", "a.example", "10.9.9.9", 9000, True),
    ("10.0.0.0/8:*", "", "a.example", "8.8.8.8", 9000, False),
    ("", "a.example:*", "a.example", "8.8.8.8", 80, False),
    ("10.0.0.0/8", "", "a.example", "10.9.9.9", 80, True),
    ("10.0.0.0/8", "", "a.example", "::ffff:10.9.9.9", 80, False),
    ("10.0.0.0/8:9000", "", "a.example", "10.9.9.9", 9000, True),
    ("10.0.0.0/8:9000", "", "a.example", "10.9.9.9", 80, False),
    ("", "a.example", "a.example", "8.8.8.8", 443, False),
    ("", "*.example", "a.example", "8.8.8.8", 443, False),
    ("", "8.8.0.0/16", "a.example", "8.8.8.8", 443, False),
    ("", "8.8.8.8:443", "a.example", "8.8.8.8", 443, False),
    ("", "8.8.8.8:443", "a.example", "8.8.8.8", 80, True),
    ("a.example 10.0.0.0/8", "10.0.0.1", "a.example", "10.0.0.1", 443, False),
    ("::/0", "10.0.0.0/8", "a.example", "::ffff:10.0.0.1", 443, False),
    ("::/0", "10.0.0.0/8", "a.example", "64:ff9b::10.0.0.1", 443, False),
    ("::/0", "10.0.0.0/8", "a.example", "fd00::1", 443, True),
]


@pytest.mark.parametrize(("allow", "deny", "host", "address", "port", "may"), DECIDED)
def test_what_may_be_dialled(allow: str, deny: str, host: str, address: str, port: int, *, may: bool) -> None:
    assert allowed(rules(allow, deny), host, address, port) is may
