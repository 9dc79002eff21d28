"""A server of the tests' own that speaks Triton's protocol on a socket."""

from __future__ import annotations

import json
import struct
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar

import numpy as np

Output = tuple[str, str, list[int], bytes]


def text(name: str, *values: bytes) -> Output:
    return name, "BYTES", [len(values)], b"".join(struct.pack("<I", len(value)) + value for value in values)


PAGE: list[Output] = [
    text("MARKDOWN", "Привет".encode()),
    text("RESULT", b'{"width": 3, "height": 2, "parsing_res_list": []}'),
    text("IMAGE_NAMES", b"imgs/a.jpg"),
    text("IMAGES", b"\xff\xd8\x00\x00"),
    text("DRAWING_NAMES", b"input_img"),
    text("DRAWINGS", b"\xff\xd8\x00\x01"),
    text("WARNINGS"),
    ("TOKENS", "INT32", [1], np.array([5], np.int32).tobytes()),
    text("ENGINE", b"lite"),
    text("MODEL", b"tiny"),
]


class KServe(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[tuple[str, dict[str, Any], bytes]]] = []
    outputs: ClassVar[list[Output]] = []
    failure: ClassVar[tuple[int, str] | None] = None
    manner: ClassVar[str] = "answer"
    released: ClassVar[threading.Event] = threading.Event()

    def do_GET(self) -> None:
        self.reply(200, b"", 0)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        size = int(self.headers["Inference-Header-Content-Length"])
        self.seen.append((self.path, json.loads(body[:size]), body[size:]))
        if self.manner in ("hang", "wait"):
            self.released.wait(20)
        if self.manner not in ("answer", "wait"):
            self.close_connection = True
            return
        if self.failure is not None:
            self.reply(self.failure[0], json.dumps({"error": self.failure[1]}).encode(), None)
            return
        head = json.dumps(
            {
                "model_name": "m",
                "outputs": [
                    {"name": name, "datatype": kind, "shape": shape, "parameters": {"binary_data_size": len(data)}}
                    for name, kind, shape, data in self.outputs
                ],
            }
        ).encode()
        self.reply(200, head + b"".join(output[3] for output in self.outputs), len(head))

    def reply(self, status: int, body: bytes, head: int | None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if head:
            self.send_header("Inference-Header-Content-Length", str(head))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass
