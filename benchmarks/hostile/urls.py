"""URLs that lead inside, written in every way; redirects and names that do; and sites that do not behave."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from benchmarks.hostile.cases import Case, as_json
from benchmarks.hostile.images import TEXT
from benchmarks.hostile.zone import ALLOWED, DENIED, PUBLIC, REBINDING, SECRET

SETTINGS = {
    "URL_ALLOW": f"{ALLOWED},allowed.example:8080",
    "URL_DENY": f"denied.example,*.denied.example,{DENIED}",
}
"""What the gateway is started with."""

# The loopback address, this machine's own and a private one, as no person would write them.
_SPELLINGS = """
    127.0.0.1 127.1 127.0.1 2130706433 0x7f000001 0x7F.1 017700000001 0177.0.0.1 0x7f.0x0.0x0.0x1 127.0.0.1.
    127.127.127.127 0 0.0.0.0 0x0 00000000000 [::] [::1] [0:0:0:0:0:0:0:1] [0000::0001] [::ffff:127.0.0.1]
    [::ffff:7f00:1] [::127.0.0.1] [::ffff:0:127.0.0.1] [64:ff9b::127.0.0.1] [64:ff9b:1::7f00:1]
    [2002:7f00:1::] [2001:0:7f00:1::80ff:fffe] [fe80::1] [fe80::1%25lo] [fe80::1%lo] [fd00::1] [fec0::1]
    [ff02::1] localhost LOCALHOST localhost. 127。0。0。1 １２７.0.0.1 ①②⑦.⓪.⓪.① ⓛocalhost 127.0.0.1%2e
    127.0.0.1%00.public.example %31%32%37.0.0.1 10.66.66.66 10.4342338 0xa424242 172441154 192.168.0.1
    169.254.169.254 2852039166 0xA9FEA9FE [::ffff:a9fe:a9fe] 168.63.129.16 100.100.100.200 224.0.0.1
    255.255.255.255 240.0.0.1 192.0.2.1 198.18.0.1
"""
# What none of them says in one way: the parser refuses it, or the rules do, or no name server knows it.
_UNREADABLE = {"127.0.0.1%2e", "127.0.0.1%00.public.example", "%31%32%37.0.0.1", "[fe80::1%25lo]", "[fe80::1%lo]"}


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _good()
    yield from _spellings()
    yield from _written()
    yield from _names()
    yield from _redirects()
    yield from _rebinding()
    yield from _sites()
    yield from _tls()


def _good() -> Iterator[Case]:
    for name, url in {
        "public page": "http://public.example/page.png",
        "public PDF": "http://public.example/document.pdf",
        "public address": f"http://{PUBLIC}/page.png",
        "public name with a dot at its end": "http://public.example./page.png",
        "public name in capitals": "HTTP://PUBLIC.EXAMPLE:80/page.png#part",
        "public name in other letters": "http://bücher.example/page.png",
        "alias": "http://alias.example/page.png",
        "internal host that is allowed by its address": "http://allowed.example/page.png",
        "internal host that is allowed on a port": "http://allowed.example:8080/page.png",
        "three redirects": "http://public.example/hops/3",
        "redirect to an allowed host": _to("http://allowed.example/page.png"),
        "redirect to another path": _to("../page.png"),
        "redirect whose body has no end": "http://public.example/endless/302",
        "site that sets a cookie": "http://public.example/cookie",
        "site that is sent no cookie": "http://public.example/no-cookie",
    }.items():
        yield as_json(name, {"url": url}, 200, says=TEXT)


def _spellings() -> Iterator[Case]:
    for host in _SPELLINGS.split():
        yield (
            _refused(f"http://{host}/page.png", "url_refused", "url_failed")
            if _may_fail(host)
            else _refused(f"http://{host}/page.png")
        )
    for host in ("127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "localhost"):
        yield _refused(_to(f"http://{host}/page.png"))


def _written() -> Iterator[Case]:
    for url in (
        "file:///etc/passwd", "ftp://public.example/a", "gopher://127.0.0.1:6379/_INFO", "dict://127.0.0.1:11211/",
        "data:text/plain,a", "javascript:alert(1)", "jar:http://public.example/a!/", "unix:///var/run/docker.sock",
        "ws://public.example/", "//public.example/page.png", "/page.png", "page.png", "http:", "http://", "http:///page.png",
        "http://?", "http://#", "http://[", "http://[::1", "http://a b/", "http://\n127.0.0.1/", "http://\t/", "http://.",
        "http://..", "http://%00/", "http://public.example:0/page.png", "http://public.example:65536/page.png",
        "http://public.example:-1/", "http://public.example:80a/", "http://user:secret@public.example/page.png",
        "http://public.example@127.0.0.1/page.png", "http://public.example\\@127.0.0.1/page.png",
        "http://127.0.0.1\\@public.example/page.png", "http://public.example:80@127.0.0.1/page.png",
        f"http://{'a' * 7000}/", "http://xn--/", "http://-.example:99999999999999999999/",
    ):  # fmt: skip
        yield _refused(url, "url_refused", "url_failed")
    yield as_json("address of 9,000 letters", {"url": f"http://public.example/{'a' * 9000}"}, 422, "invalid_field")
    for port in (22, 25, 6379, 8080, 8000, 3306):
        yield _refused(f"http://public.example:{port}/page.png")
    yield _refused("http://allowed.example:8081/page.png")


def _names() -> Iterator[Case]:
    for name in (
        "denied", "below.denied", "at-denied", "inside", "both", "many", "alias-inside", "loopback", "loopback6",
        "both-families", "metadata", "azure", "alibaba", "any", "any6", "mapped", "nat64", "6to4", "private6",
        "link-local6", "multicast", "broadcast",
    ):  # fmt: skip
        yield _refused(f"http://{name}.example/page.png")
    yield _refused(f"http://{DENIED}/page.png")
    yield _refused("http://DENIED.example./page.png")
    # As internal names are told.
    for name in ("nobody", f"{'a' * 64}", ".".join(["a"] * 120)):
        yield _refused(f"http://{name}.example/")
    # Whoever gives up first, the look-up or the fetch.
    yield _refused("http://silent.example/", "url_refused", "url_failed")
    yield as_json("host out of reach", {"url": "http://unreachable.example/"}, 422, "url_failed")


def _redirects() -> Iterator[Case]:
    for place in (
        f"http://{SECRET}/page.png", "http://169.254.169.254/latest/meta-data/", "http://inside.example/page.png",
        "http://both.example/page.png", "http://denied.example/page.png", "http://public.example:22/",
        "//127.0.0.1/page.png", "file:///etc/passwd", "gopher://127.0.0.1/", "ftp://public.example/",
        "http://user:secret@public.example/page.png", "http://[::1", "javascript:alert(1)",
        _to("http://127.0.0.1/page.png"),
    ):  # fmt: skip
        yield _refused(_to(place))
    yield as_json("four redirects", {"url": "http://public.example/hops/4"}, 422, "url_failed")
    yield as_json("redirect to itself", {"url": _to(_to(_to(_to("/page.png"))))}, 422, "url_failed")
    yield as_json("redirect to http://", {"url": _to("http://")}, 422, "url_failed")
    yield as_json("redirect to ///127.0.0.1, a path", {"url": _to("///127.0.0.1/page.png")}, 422, "url_failed")
    yield as_json("redirect to nowhere", {"url": "http://public.example/status/302"}, 422, "url_failed")


def _rebinding() -> Iterator[Case]:
    """What was checked is what is dialled; only a second look-up would lead inside."""
    for name in sorted(REBINDING):
        url = f"http://{name}/page.png"
        if name == "rebinding-redirect.example":
            yield _refused(f"http://{name}/to/{quote(url, safe='')}")
        elif name == "rebinding-back.example":
            yield _refused(url)
        else:
            yield as_json(f"{name}, first look-up", {"url": url}, 200, says=TEXT)


def _sites() -> Iterator[Case]:
    for path, status, code in (
        ("endless", 413, "body_too_large"),
        ("announced", 413, "body_too_large"),
        ("compressed", 422, "url_failed"),
        ("endless-head", 422, "url_failed"),
        ("slow", 422, "url_failed"),
        ("silent", 422, "url_failed"),
        ("short", 422, "url_failed"),
        ("nonsense", 422, "url_failed"),
        ("status/404", 422, "url_failed"),
        ("status/500", 422, "url_failed"),
        ("status/206", 422, "url_failed"),
        ("status/304", 422, "url_failed"),
        ("empty", 422, "empty_file"),
        ("page.html", 415, "unsupported_file"),
    ):
        yield as_json(f"site that answers with {path}", {"url": f"http://public.example/{path}"}, status, code)


def _tls() -> Iterator[Case]:
    yield as_json("certificate of the host", {"url": "https://tls.example/page.png"}, 200, says=TEXT)
    yield as_json("redirect to https", {"url": _to("https://tls.example/page.png")}, 200, says=TEXT)
    yield as_json("certificate of another host", {"url": "https://other.example/page.png"}, 422, "url_failed")
    yield as_json("certificate of no address", {"url": f"https://{PUBLIC}/page.png"}, 422, "url_failed")
    yield as_json("https where http is spoken", {"url": "https://public.example:80/"}, 422, "url_failed")
    yield as_json("http where https is spoken", {"url": "http://tls.example:443/page.png"}, 422, "url_failed")
    away = f"https://tls.example/to/{quote('http://public.example/page.png', safe='')}"
    yield as_json("redirect from https to http", {"url": away}, 422, "url_refused")


def _refused(url: str, *codes: str) -> Case:
    return as_json(f"URL {url[:90]!r}", {"url": url}, 422, *(codes or ("url_refused",)))


def _may_fail(host: str) -> bool:
    return host in _UNREADABLE or not host.isascii()


def _to(place: str) -> str:
    return f"http://public.example/to/{quote(place, safe='')}"
