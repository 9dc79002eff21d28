"""Each parser, on anything at all: a value, or the error that it is documented to raise."""

from __future__ import annotations

import base64
import contextlib
import ipaddress

import httpx2
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import (
    BadBase64,
    BodyTooLarge,
    InvalidField,
    MalformedBody,
    PagesOutside,
    TooManyPages,
    UnknownField,
    UnsupportedFile,
    UrlRefused,
)
from gateway.negotiation import preferred
from gateway.page_ranges import PageRanges
from gateway.pages.kinds import sniff
from gateway.schemas import OcrRequest
from gateway.sources.addresses import carried, is_public
from gateway.sources.data_uri import decode
from gateway.sources.dialling import place_of
from gateway.sources.fields import validate
from gateway.sources.host_list import Entry, HostList
from gateway.sources.json_text import parse_json
from gateway.sources.url_rules import UrlRules, written_address

hosts = st.text(max_size=30) | st.from_regex(r"[0-9a-fx.:%\[\]]{1,40}", fullmatch=True) | st.ip_addresses().map(str)
RULES = UrlRules(HostList(), HostList(), frozenset({80, 443}))


@given(st.binary(max_size=200), st.integers(1, 76))
def test_base64_comes_back_whole(data: bytes, width: int) -> None:
    text = base64.b64encode(data).decode()
    lines = "\r\n".join(text[at : at + width] for at in range(0, len(text), width))
    for written in (text, lines, f"data:application/pdf;base64,{text}"):
        assert decode(written, 1000) == data


@given(st.text() | st.from_regex(r"data:[^,]{0,10}(;base64)?,[A-Za-z0-9+/=\s]*", fullmatch=True), st.integers(0, 30))
def test_any_base64(text: str, limit: int) -> None:
    with contextlib.suppress(BadBase64, BodyTooLarge):
        assert len(decode(text, limit)) <= limit


@given(
    st.text() | st.from_regex(r"((text/markdown|\*/\*|application/json)(;q=[0-9.einf-]{1,4})?,?){0,4}", fullmatch=True)
)
def test_any_accept(header: str) -> None:
    assert preferred(header) in ("json", "markdown", "ndjson", "sse")


@given(st.text(alphabet="0123456789-, ", max_size=200), st.integers(1, 10**12))
def test_any_page_range(text: str, page_count: int) -> None:
    with contextlib.suppress(InvalidField, PagesOutside, TooManyPages):
        parsed = PageRanges.parse(text)
        indices = parsed.select(page_count, 50)
        assert 0 < len(indices) <= 50
        assert indices == sorted(set(indices))


@given(st.binary(max_size=200))
def test_any_json(raw: bytes) -> None:
    with contextlib.suppress(MalformedBody):
        assert isinstance(parse_json(raw), dict)


@given(st.dictionaries(st.text(max_size=10), st.none() | st.text() | st.integers() | st.floats(), max_size=5))
def test_any_fields(fields: dict[str, object]) -> None:
    with contextlib.suppress(InvalidField, UnknownField):
        validate(OcrRequest, {"file": "", **fields})


@given(hosts, st.sampled_from(["http", "https", "HTTP", "file", ""]), st.text(max_size=10))
def test_any_url_is_a_place_or_refused(host: str, scheme: str, rest: str) -> None:
    try:
        url = httpx2.URL(f"{scheme}://{host}{rest}")
    except httpx2.InvalidURL:
        return
    with contextlib.suppress(UrlRefused):
        name, port = place_of(url)
        assert 0 < port < 65536
        assert name == name.lower()
        assert not set(name) & set("%@/\\ []")


@given(st.ip_addresses())
def test_no_spelling_of_an_internal_address_is_let_through(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if is_public(address):
        return
    spellings = [str(address), address.exploded]
    if address.version == 4:
        number = int(address)
        octets = str(address).split(".")
        spellings += [str(number), hex(number), f"0{number:o}", ".".join(f"0{int(octet):o}" for octet in octets)]
    for spelling in spellings:
        written = written_address(spelling)
        assert written == address
        try:
            RULES.check_address(spelling, written, 80)
        except UrlRefused:
            continue
        raise AssertionError(spelling)


@given(st.ip_addresses(v=4))
def test_what_carries_an_address_is_never_public(address: ipaddress.IPv4Address) -> None:
    low = int(address)
    for prefix in (0, 0xFFFF << 32, 0xFFFF << 48, 0x64FF9B << 96, 0x2606_4700 << 96 | 0x5EFE << 32):
        over = ipaddress.IPv6Address(prefix | low)
        assert not is_public(over)
        assert address in carried(over)
    assert not is_public(ipaddress.IPv6Address(0x2002 << 112 | low << 80))
    assert address in carried(ipaddress.IPv6Address(0x2002 << 112 | low << 80))


@given(st.text(max_size=40) | st.from_regex(r"(\*\.)?[a-z0-9.\[\]:/-]{1,30}(:[0-9*]{1,6})?", fullmatch=True))
def test_any_entry_of_a_list(text: str) -> None:
    with contextlib.suppress(ValueError):
        entry = Entry.parse(text)
        assert (entry.host is None) != (entry.network is None)


@given(st.binary(min_size=1, max_size=1100))
def test_any_header_has_a_kind_or_none(header: bytes) -> None:
    with contextlib.suppress(UnsupportedFile):
        assert sniff(header) in ("pdf", "jpeg", "png", "webp", "tiff", "bmp")
