"""An HTTP server on loopback that answers chat completions as a test says: well, badly, late, or not at all."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[["Exchange"], None]
"""Answers one chat completion."""


@dataclass
class Exchange:
    """One request for a completion, and the way to answer it."""

    handler: BaseHTTPRequestHandler
    body: dict[str, Any]

    def answer(self, status: int, body: bytes | dict[str, Any], **headers: str) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.handler.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.handler.send_header(name, value)
        self.handler.end_headers()
        self.handler.wfile.write(data)

    def reset(self) -> None:
        """Break the connection without a word."""
        connection = self.handler.connection
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.handler.close_connection = True
        connection.close()


def completion(text: str = "read", reason: str = "stop", tokens: int = 3) -> dict[str, Any]:
    return {
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": reason}],
        "usage": {"completion_tokens": tokens},
    }


def read(exchange: Exchange) -> None:
    exchange.answer(200, completion())


@dataclass
class ScriptedServer:
    """`behave` answers each completion; what it sees is noted."""

    models: list[dict[str, Any]] = field(default_factory=lambda: [{"id": "PaddleOCR-VL-1.6-0.9B"}])
    behave: Behaviour = read
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    hung_up: threading.Event = field(default_factory=threading.Event)
    """A client left before its answer."""
    released: threading.Event = field(default_factory=threading.Event)
    """Lets those go on who wait in `hold`."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _in_flight: int = 0
    most_in_flight: int = 0

    def hold(self, exchange: Exchange) -> None:
        """Answer once `released` is set, or never if the client leaves first."""
        while not self.released.wait(0.01):
            exchange.handler.connection.settimeout(0.01)
            try:
                if exchange.handler.connection.recv(1, socket.MSG_PEEK) == b"":
                    self.hung_up.set()
                    return
            except TimeoutError:
                pass
            finally:
                exchange.handler.connection.settimeout(None)
        read(exchange)

    def take(self, exchange: Exchange) -> None:
        with self._lock:
            self.bodies.append(exchange.body)
            self.keys.append(exchange.handler.headers.get("Authorization"))
            self._in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self._in_flight)
        try:
            self.behave(exchange)
        finally:
            with self._lock:
                self._in_flight -= 1


def script(*behaviours: Behaviour) -> Behaviour:
    """Behave in turn; the last one goes on for ever."""
    left: Iterator[Behaviour] = iter(behaviours[:-1])
    lock = threading.Lock()

    def behave(exchange: Exchange) -> None:
        with lock:
            behaviour = next(left, behaviours[-1])
        behaviour(exchange)

    return behave


def says(status: int, body: bytes | dict[str, Any], **headers: str) -> Behaviour:
    return lambda exchange: exchange.answer(status, body, **headers)


@contextmanager
def serving(script: ScriptedServer, port: int = 0) -> Iterator[str]:
    """The server's address up to /v1, while it runs."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body leave together: apart, the second waits 40 ms for the first to be acknowledged.
        wbufsize = 1 << 16

        def do_GET(self) -> None:
            Exchange(self, {}).answer(200, {"data": script.models})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            script.take(Exchange(self, json.loads(body)))

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A client that left is no error here."""

        def shutdown_request(self, request: Any) -> None:
            with suppress(OSError):
                super().shutdown_request(request)

    server = Server(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        script.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
