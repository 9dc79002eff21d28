"""Plays Triton: the health endpoints, the log, a stub for each model. Its folder is the test's; `triton` tells it what
to do: `ok`, `broken` (a model fails to load), `loading` (for ever), `hanging` (a stub does nothing, for ever), or
`stubborn` (SIGTERM does not end it). Inferences are answered well, unless `canary` holds another answer: a status and a
text.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from events import note

MODELS = ("layout", "vlm")
STUB_CODE = """
import os, time
parent = os.getppid()
while os.getppid() == parent:
    time.sleep(0.05)
"""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        status, _, text = (Path("canary").read_text() if Path("canary").exists() else "200 {}").partition(" ")
        self.send_response(int(status))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


def log(level: str, message: str) -> None:
    sys.stdout.write(f"{level}1122 11:01:16.741058 24309 model_lifecycle.cc:642] {json.dumps(message)}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--http-port", type=int)
    arguments, others = parser.parse_known_args()
    Path("triton-arguments").write_text("\n".join(others))
    note("triton starts")
    mode = Path("triton").read_text()
    if mode == "broken":
        log("E", "failed to load 'vlm': no weights\n\nAt:\n  x.py(5)")
        sys.exit(1)
    if mode == "loading":
        signal.pause()
    stubs = [
        subprocess.Popen(
            [Path("triton_python_backend_stub").absolute(), "-I", "-S", "-c", STUB_CODE, f"{model}_0_0", "X"]
        )
        for model in MODELS
    ]
    if mode == "hanging":
        log("I", "successfully loaded 'layout'")
        signal.pause()
    server = ThreadingHTTPServer(("127.0.0.1", arguments.http_port), Handler)
    for model in MODELS:
        log("I", f"successfully loaded '{model}'")

    def stop(*_: object) -> None:
        if mode == "stubborn":
            return
        for stub in stubs:
            stub.kill()
        note("triton stops")
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    server.serve_forever()


main()
