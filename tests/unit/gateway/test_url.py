"""Documents by URL: fetched from a server of the tests' own, and from nowhere that is not allowed."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from gateway.sources.addresses import AllowList, is_public

from .conftest import Start, error_of
from .documents import A4, encoded, pdf, picture

PNG = encoded(picture())


class Site(BaseHTTPRequestHandler):
    seen: ClassVar[list[tuple[str, str]]] = []
    far = "http://127.0.0.2:1/"

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers["Host"]))
        if self.path.startswith("/hop/"):
            return self.redirect(f"/hop/{int(self.path[5:]) - 1}" if self.path != "/hop/0" else "/page.png")
        if self.path == "/inside":
            return self.redirect(self.far)
        if self.path == "/file":
            return self.redirect("file:///etc/passwd")
        if self.path == "/slow":
            self.answer(b"", "5")
            time.sleep(1)
            return None
        if self.path == "/endless":
            return self.endless()
        content = {"/page.png": PNG, "/document": pdf(A4, A4), "/empty": b""}.get(self.path)
        if content is None:
            return self.answer(b"gone", status=404)
        return self.answer(content)

    def redirect(self, place: str) -> None:
        self.send_response(302)
        self.send_header("Location", place)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def answer(self, content: bytes, length: str = "", status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Length", length or str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(bytes(100_000))
        except OSError:
            return

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def fetch(start: Start, url: str, **settings: Any) -> Any:
    return start(**{"url_allow": "127.0.0.1", **settings}).post("/ocr", json={"url": url, "dpi": 36})


@pytest.mark.parametrize(("path", "pages"), [("/page.png", 1), ("/document", 2), ("/hop/2", 1)])
def test_reads_what_an_allowed_host_serves(start: Start, site: str, path: str, pages: int) -> None:
    response = fetch(start, f"http://{site}{path}")
    assert response.status_code == 200, response.text
    assert response.json()["usage"]["pages"] == pages


def test_multipart_takes_a_url_too(start: Start, site: str) -> None:
    client = start(url_allow="127.0.0.0/8")
    assert client.post("/ocr", files={"url": (None, f"http://{site}/page.png")}).status_code == 200


def test_the_host_of_the_url_is_asked_for_by_name(start: Start, site: str) -> None:
    port = site.partition(":")[2]
    assert fetch(start, f"http://localhost:{port}/page.png", url_allow="LOCALHOST").status_code == 200
    assert ("/page.png", f"localhost:{port}") in Site.seen


REFUSED = [
    ("http://{site}/inside", "url_refused", "internal address"),
    ("http://{site}/file", "url_refused", "http"),
    ("http://{site}/hop/3", "url_failed", "more than 3 times"),
    ("http://{site}/nope", "url_failed", "answered 404"),
    ("http://{site}/empty", "empty_file", "empty"),
    ("http://{site}/slow", "url_failed", "URL_TIMEOUT"),
    ("http://{site}/endless", "body_too_large", "MAX_UPLOAD_BYTES"),
    ("http://127.0.0.1:1/", "url_failed", "could not be fetched"),
    ("http://nowhere.invalid/", "url_failed", "does not resolve"),
    ("http://127.0.0.2/", "url_refused", "URL_ALLOW"),
    ("http://[::1]/", "url_refused", "URL_ALLOW"),
    ("http://[::ffff:10.0.0.1]/", "url_refused", "URL_ALLOW"),
    ("http://169.254.169.254/latest/meta-data", "url_refused", "URL_ALLOW"),
    ("http://0.0.0.0/", "url_refused", "URL_ALLOW"),
    ("http://2130706434/", "url_refused", "URL_ALLOW"),
    ("http://0x7f000002/", "url_refused", "URL_ALLOW"),
    ("http://0177.0.0.2/", "url_refused", "http"),
    ("ftp://example.org/a.pdf", "url_refused", "http"),
    ("file:///etc/passwd", "url_refused", "http"),
    ("page.png", "url_refused", "http"),
    ("http://", "url_refused", "http"),
    ("http://[::1", "url_refused", "http"),
    ("http://a b/", "url_failed", "does not resolve"),
]


@pytest.mark.parametrize(("url", "code", "part"), REFUSED)
def test_refuses(start: Start, site: str, url: str, code: str, part: str) -> None:
    response = fetch(start, url.format(site=site), url_timeout=0.7, max_upload_bytes=1_000_000)
    error = error_of(response)
    assert (response.status_code, error["code"]) == (413 if code == "body_too_large" else 422, code)
    assert part in error["message"]


def test_a_name_that_leads_inside_is_refused(start: Start, site: str) -> None:
    response = fetch(start, f"http://localhost:{site.partition(':')[2]}/page.png", url_allow="")
    assert error_of(response)["code"] == "url_refused"


def test_can_be_switched_off(start: Start, site: str) -> None:
    response = fetch(start, f"http://{site}/page.png", url_fetch=False)
    assert error_of(response)["code"] == "url_refused"
    assert "URL_FETCH" in error_of(response)["message"]


def test_takes_no_proxy_from_the_environment(start: Start, site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert fetch(start, f"http://{site}/page.png").status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "198.18.0.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:8.8.8.8",
        "::8.8.8.8",
        "64:ff9b::808:808",
        "64:ff9b:1::1",
        "2002:808:808::",
        "2001:0:1::1",
        "2001:db8::1",
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111"])
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_the_allow_list_takes_hosts_addresses_and_networks() -> None:
    allow = AllowList.parse(["files.example", "10.0.0.0/8", "192.168.1.7"])
    assert allow.permits("Files.Example", ipaddress.ip_address("172.16.0.1"))
    assert allow.permits("other", ipaddress.ip_address("10.200.0.1"))
    assert allow.permits("other", ipaddress.ip_address("192.168.1.7"))
    assert not allow.permits("other", ipaddress.ip_address("192.168.1.8"))
