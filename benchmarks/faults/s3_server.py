"""An S3 service that can be told to misbehave; it keeps nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

Manner = Literal["well", "slow", "refusing"]
SLOW_SECONDS = 120.0


class S3Server(ThreadingHTTPServer):
    """Takes every upload while `manner` is "well"; else holds it, or answers 403."""

    daemon_threads = True
    manner: Manner = "well"

    def __init__(self, port: int = 0) -> None:
        self.released = threading.Event()
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def serving(port: int = 0) -> Iterator[S3Server]:
    """A running server, on a free port unless one is given."""
    with S3Server(port) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.released.set()
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: S3Server

    def do_PUT(self) -> None:
        """An upload."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer()

    def do_HEAD(self) -> None:
        """The bucket's health check."""
        self._answer()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        if self.server.manner == "slow":
            self.server.released.wait(SLOW_SECONDS)
        self.send_response(403 if self.server.manner == "refusing" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()
