"""Plays the gateway. `health` tells what its /health says: `ok`, `failed`, `draining`, or `hang`; `gateway` what
SIGTERM does: `ok`, or `busy` (a request in flight holds it).
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from events import note


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        health = Path("health").read_text()
        if health != "ok":
            note(f"health {health}")
        if health == "hang":
            time.sleep(60)
        self._answer(200 if health == "ok" else 503, json.dumps({"status": health}))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        wanted = self.headers["Accept"] == "text/markdown" and b"a document" in body
        self._answer(200 if wanted else 415, "# Текст" if wanted else "not what was expected")

    def _answer(self, status: int, body: str) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    note("gateway starts")
    server = ThreadingHTTPServer((os.environ["HOST"], int(os.environ["GATEWAY_PORT"])), Handler)

    def stop(*_: object) -> None:
        note("gateway stops")
        if Path("gateway").read_text() == "ok":
            threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    server.daemon_threads = True
    server.serve_forever()


main()
