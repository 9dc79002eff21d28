"""What answers in the corpus' own network: documents on the public address, elsewhere what must never be reached."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote

import trustme

from benchmarks.hostile.images import encoded, page
from benchmarks.hostile.pdfs import page as pdf_page
from benchmarks.hostile.zone import ALLOWED, PUBLIC

_OPEN = (PUBLIC, ALLOWED)
_BEGUN = 200, {"Content-Type": "application/octet-stream"}


class Site(BaseHTTPRequestHandler):
    """One connection. Whoever asks at another address than PUBLIC and ALLOWED is noted."""

    reached: ClassVar[list[str]] = []
    documents: ClassVar[dict[str, bytes]] = {}

    def do_GET(self) -> None:
        """Answer by the path."""
        local = self.connection.getsockname()[0]
        if local not in _OPEN:
            self.reached.append(f"{local}{self.path}")
        verb, _, rest = self.path.strip("/").partition("/")
        manner = getattr(self, f"do_{verb.replace('-', '_')}", None)
        if verb in self.documents:
            self.answer(self.documents[verb])
        elif manner is None:
            self.answer(b"nothing is here", 404)
        else:
            manner(unquote(rest))

    def do_to(self, place: str) -> None:
        """Redirect."""
        self.answer(b"", 302, {"Location": place})

    def do_hops(self, left: str) -> None:
        """Redirect so many times, then give the page."""
        self.answer(b"", 307, {"Location": f"/hops/{int(left) - 1}" if int(left) > 1 else "/page.png"})

    def do_status(self, code: str) -> None:
        """Answer with this status."""
        self.answer(self.documents["page.png"], int(code))

    def do_endless(self, status: str) -> None:
        """A body without an end; with 302, of a redirect."""
        self.begin(int(status or 200), {"Location": "/page.png"})
        self.go_on(bytes(100_000))

    def do_endless_head(self, _: str) -> None:
        """Headers without an end."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        self.go_on(b"X-More: " + b"a" * 1000 + b"\r\n")

    def do_slow(self, _: str) -> None:
        """A byte now and then."""
        self.begin(*_BEGUN)
        self.go_on(b"%", pause=0.2)

    def do_silent(self, _: str) -> None:
        """Nothing."""
        time.sleep(5)

    def do_short(self, _: str) -> None:
        """Less than was announced."""
        self.begin(200, {"Content-Length": "100000"})
        self.wfile.write(self.documents["page.png"][:500])

    def do_announced(self, _: str) -> None:
        """More announced than is allowed."""
        self.begin(200, {"Content-Length": "999999999999"})

    def do_compressed(self, _: str) -> None:
        """A bomb of a gigabyte, in the coding that nobody asked for."""
        self.answer(self.documents["bomb.gz"], 200, {"Content-Encoding": "gzip"})

    def do_nonsense(self, _: str) -> None:
        """No HTTP."""
        self.wfile.write(bytes(range(256)) * 10)

    def do_cookie(self, _: str) -> None:
        """A page, and a cookie."""
        self.answer(self.documents["page.png"], 200, {"Set-Cookie": "a=b"})

    def do_no_cookie(self, _: str) -> None:
        """A page for who sends no cookie."""
        self.answer(self.documents["page.png"], 403 if self.headers["Cookie"] else 200)

    def answer(self, content: bytes, status: int = 200, headers: dict[str, str] | None = None) -> None:
        """A whole answer."""
        self.begin(status, {**(headers or {}), "Content-Length": str(len(content))})
        self.wfile.write(content)

    def begin(self, status: int, headers: dict[str, str]) -> None:
        """The head of an answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def go_on(self, chunk: bytes, pause: float = 0) -> None:
        """Send this until the other side has enough."""
        try:
            for _ in range(10_000):
                self.wfile.write(chunk)
                time.sleep(pause)
        except OSError:
            return

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class SixServer(ThreadingHTTPServer):
    """IPv6 only."""

    address_family = socket.AF_INET6


@contextmanager
def serving(folder: Path) -> Iterator[Path]:
    """Port 80, 443 and 8080 of every address; gives the file of the authority that signed tls.example."""
    Site.documents = {
        "page.png": encoded(page()),
        "document.pdf": pdf_page(),
        "page.html": b"<html>no document</html>",
        "empty": b"",
        "bomb.gz": gzip.compress(bytes(1 << 30), 9),
    }
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("tls.example").configure_cert(context)
    with ExitStack() as stack:
        for kind, address, port in [
            (ThreadingHTTPServer, "0.0.0.0", 80),
            (ThreadingHTTPServer, "0.0.0.0", 443),
            (ThreadingHTTPServer, "0.0.0.0", 8080),
            (SixServer, "::1", 80),
        ]:
            server = stack.enter_context(kind((address, port), Site))
            if port == 443:
                server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
            server.handle_error = lambda *_: None  # type: ignore[method-assign]
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.shutdown)
        yield folder / "authority.pem"
