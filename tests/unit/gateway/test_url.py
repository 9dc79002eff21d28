"""Documents by URL: fetched from a server of the tests' own, and from nowhere that is not allowed."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
import trustme

from .conftest import Start, error_of
from .documents import A4, encoded, pdf, picture

PNG = encoded(picture())


class Site(BaseHTTPRequestHandler):
    seen: ClassVar[list[tuple[str, str]]] = []
    cookies: ClassVar[list[str]] = []
    far = "http://127.0.0.2/"

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers["Host"]))
        self.cookies += self.headers.get_all("Cookie", [])
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
            return self.endless(200)
        if self.path == "/endless-redirect":
            return self.endless(302, Location="/page.png")
        if self.path == "/compressed":
            return self.answer(gzip.compress(PNG), **{"Content-Encoding": "gzip"})
        if self.path == "/cookie":
            return self.answer(PNG, **{"Set-Cookie": "of=somebody"})
        content = {"/page.png": PNG, "/document": pdf(A4, A4), "/empty": b""}.get(self.path)
        if content is None:
            return self.answer(b"gone", status=404)
        return self.answer(content)

    def do_CONNECT(self) -> None:
        self.seen.append((self.path, self.headers["Host"]))
        self.answer(b"", status=502)

    def redirect(self, place: str) -> None:
        self.send_response(302)
        self.send_header("Location", place)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def answer(self, content: bytes, length: str = "", status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", length or str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def endless(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            while True:
                self.wfile.write(bytes(100_000))
        except OSError:
            return

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of a `Site` on 127.0.0.1, behind TLS where a context is given."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with serving() as port:
        yield f"127.0.0.1:{port}"


def fetch(start: Start, url: str, **settings: Any) -> Any:
    """What the gateway says of `url`; every port of 127.0.0.1 is allowed, unless `settings` say else."""
    chosen = {"url_allow": "127.0.0.1:*", **settings}
    return start(**chosen).post("/ocr", json={"url": url, "dpi": 36})


@pytest.mark.parametrize(("path", "pages"), [("/page.png", 1), ("/document", 2), ("/hop/2", 1)])
def test_reads_what_an_allowed_host_serves(start: Start, site: str, path: str, pages: int) -> None:
    response = fetch(start, f"http://{site}{path}")
    assert response.status_code == 200, response.text
    assert response.json()["usage"]["pages"] == pages


def test_multipart_takes_a_url_too(start: Start, site: str) -> None:
    client = start(url_allow=f"127.0.0.0/8:{site.partition(':')[2]}")
    assert client.post("/ocr", files={"url": (None, f"http://{site}/page.png")}).status_code == 200


def test_the_host_of_the_url_is_asked_for_by_name(start: Start, site: str) -> None:
    port = site.partition(":")[2]
    assert fetch(start, f"http://localhost:{port}/page.png", url_allow="LOCALHOST:*").status_code == 200
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
    ("http://nowhere.invalid/", "url_refused", "does not resolve"),
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
    ("http://a b/", "url_refused", "http"),
    ("http://127.0.0.1%2f@{site}/", "url_refused", "user name"),
    ("http://user:secret@{site}/page.png", "url_refused", "user name"),
    ("http://127.0.0.2:22/", "url_refused", "URL_PORTS"),
    ("http://127.0.0.1:0/", "url_refused", "no port"),
    ("http://127.0.0.1:65536/", "url_refused", "no port"),
    ("http://127。0。0。2/", "url_refused", "URL_ALLOW"),
    ("http://①②⑦.⓪.⓪.②/", "url_refused", "http"),
    ("http://127.2/", "url_refused", "URL_ALLOW"),
    ("http://[fe80::1%25lo]/", "url_refused", "can't be read"),
    ("http://[64:ff9b::7f00:2]/", "url_refused", "URL_ALLOW"),
    ("http://168.63.129.16/", "url_refused", "URL_ALLOW"),
    ("http://{site}/compressed", "url_failed", "compressed"),
]


@pytest.mark.parametrize(("url", "code", "part"), REFUSED)
def test_refuses(start: Start, site: str, url: str, code: str, part: str) -> None:
    response = fetch(start, url.format(site=site), url_timeout=0.7, max_upload_bytes=1_000_000)
    error = error_of(response)
    assert (response.status_code, error["code"]) == (413 if code == "body_too_large" else 422, code)
    assert part in error["message"]


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "localhost.", "localhost.."])
def test_a_name_that_leads_inside_is_refused(start: Start, site: str, name: str) -> None:
    response = fetch(start, f"http://{name}:{site.partition(':')[2]}/page.png", url_allow="")
    assert error_of(response)["code"] == "url_refused"


def test_can_be_switched_off(start: Start, site: str) -> None:
    response = fetch(start, f"http://{site}/page.png", url_fetch=False)
    assert error_of(response)["code"] == "url_refused"
    assert "URL_FETCH" in error_of(response)["message"]


def test_takes_no_proxy_from_the_environment(start: Start, site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert fetch(start, f"http://{site}/page.png").status_code == 200


def test_a_redirect_is_followed_without_reading_it(start: Start, site: str) -> None:
    assert fetch(start, f"http://{site}/endless-redirect", url_timeout=5).status_code == 200


def test_no_cookie_goes_from_one_fetch_to_the_next(start: Start, site: str) -> None:
    client = start(url_allow=site)
    for path in ("cookie", "page.png"):
        assert client.post("/ocr", json={"url": f"http://{site}/{path}"}).status_code == 200
    assert Site.cookies == []


@pytest.mark.parametrize(
    ("settings", "port"),
    [
        ({"url_allow": ""}, ""),
        ({"url_allow": "files.example,10.0.0.0/16", "url_deny": "10.9.0.0/16"}, ""),
        ({"url_allow": "files.example:8443"}, ":8443"),
        ({"url_allow": "hidden.corp:9000,10.0.0.0/8:9000"}, ""),
    ],
)
def test_nobody_learns_which_internal_names_there_are(
    start: Start, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], port: str
) -> None:
    def resolve(host: str, at: int, **_: Any) -> list[Any]:
        if host == "missing.corp":
            raise socket.gaierror
        address = {"hidden.corp": "10.9.8.7", "loop.corp": "127.0.0.1"}[host]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, at))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    told = set()
    for host in ("missing.corp", "hidden.corp", "loop.corp"):
        response = fetch(start, f"http://{host}{port}/", **settings)
        error = error_of(response)
        told.add((response.status_code, error["code"], error["param"], error["message"].replace(host, "HOST")))
    assert len(told) == 1
    assert told.pop()[:2] == (422, "url_refused")


def test_of_a_name_that_is_allowed_it_is_told_that_it_does_not_resolve(start: Start) -> None:
    error = error_of(fetch(start, "http://nowhere.invalid/", url_allow="nowhere.invalid"))
    assert (error["code"], error["message"]) == ("url_failed", "url: the host name nowhere.invalid does not resolve")


def test_a_name_is_resolved_once(start: Start, site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the second look-up would say does not matter; tests/hostile has this with a DNS server."""
    answers = [[(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))] for address in ("127.0.0.1", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers.pop(0))
    port = site.partition(":")[2]
    assert fetch(start, f"http://files.example:{port}/page.png").status_code == 200
    assert ("/page.png", f"files.example:{port}") in Site.seen
    assert len(answers) == 1


def test_one_internal_address_among_others_is_enough(start: Start, site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in ("127.0.0.1", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    response = fetch(start, f"http://files.example:{site.partition(':')[2]}/page.png")
    assert error_of(response)["code"] == "url_refused"


def test_what_is_denied_is_denied_though_it_is_allowed(start: Start, site: str) -> None:
    for denied in ("127.0.0.1", "127.0.0.0/8", f"127.0.0.1:{site.partition(':')[2]}"):
        response = fetch(start, f"http://{site}/page.png", url_deny=denied)
        assert "URL_DENY" in error_of(response)["message"]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture
def secure_site(authority: trustme.CA) -> Iterator[int]:
    """The port of a site behind TLS whose certificate is for localhost, and for no address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with serving(context) as port:
        yield port


class TestTls:
    """The address is dialled; the host's name is what the certificate must be for."""

    def test_the_certificate_of_the_host_is_believed(self, start: Start, secure_site: int, ca_file: Path) -> None:
        response = fetch(start, f"https://localhost:{secure_site}/page.png", url_ca_file=ca_file)
        assert response.status_code == 200, response.text

    def test_a_certificate_for_another_name_is_not(self, start: Start, secure_site: int, ca_file: Path) -> None:
        response = fetch(start, f"https://127.0.0.1:{secure_site}/page.png", url_ca_file=ca_file)
        assert error_of(response)["code"] == "url_failed"

    def test_an_unknown_authority_is_not(self, start: Start, secure_site: int) -> None:
        response = fetch(start, f"https://localhost:{secure_site}/page.png")
        assert error_of(response)["code"] == "url_failed"

    def test_it_redirects_to_https_but_not_away_from_it(
        self, start: Start, site: str, secure_site: int, ca_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = start(url_allow=f"localhost:{secure_site},{site}", url_ca_file=ca_file)
        monkeypatch.setattr(Site, "far", f"https://localhost:{secure_site}/page.png")
        assert client.post("/ocr", json={"url": f"http://{site}/inside"}).status_code == 200
        monkeypatch.setattr(Site, "far", f"http://{site}/page.png")
        response = client.post("/ocr", json={"url": f"https://localhost:{secure_site}/inside"})
        assert "from https to http" in error_of(response)["message"]


class TestProxy:
    """The site stands in for the proxy: it is asked for whole URLs, whose hosts it need not reach."""

    @pytest.mark.parametrize("host", ["files.example", "93.184.216.34", "files.corp.internal"])
    def test_it_is_asked_for_what_may_be_public(self, start: Start, site: str, host: str) -> None:
        url = f"http://{host}/page.png"
        response = fetch(start, url, url_proxy=f"http://{site}", url_allow="*.corp.internal")
        assert error_of(response)["message"] == "url: the server there answered 404"
        assert (url, host) in Site.seen

    @pytest.mark.parametrize(
        "host", ["127.0.0.1", "2130706433", "0x7f.1", "[::1]", "localhost", "redis", "a.localhost", "denied.example"]
    )
    def test_it_is_not_asked_for_what_is_internal(self, start: Start, site: str, host: str) -> None:
        response = fetch(
            start, f"http://{host}/page.png", url_proxy=f"http://{site}", url_allow="", url_deny="*.example"
        )
        assert error_of(response)["code"] == "url_refused"

    def test_https_goes_through_it_by_name(self, start: Start, site: str) -> None:
        response = fetch(start, "https://files.example/page.png", url_proxy=f"http://{site}")
        assert error_of(response)["code"] == "url_failed"
        assert ("files.example:443", "files.example:443") in Site.seen

    def test_ports_count_there_too(self, start: Start, site: str) -> None:
        response = start(url_proxy=f"http://{site}").post("/ocr", json={"url": "http://files.example:22/"})
        assert "URL_PORTS" in error_of(response)["message"]
