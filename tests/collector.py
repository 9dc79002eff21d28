"""An OpenTelemetry collector of the tests' own: takes OTLP over HTTP, as protobuf and as JSON, and keeps the spans."""

from __future__ import annotations

import base64
import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.waiting import until


@dataclass(frozen=True)
class Span:
    """A span as it came: ids in hexadecimal digits, `parent` empty at the root."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, Any]
    raw: str


@dataclass
class Collector:
    """Where it listens, and what came."""

    url: str
    spans: list[Span] = field(default_factory=list)

    def wait_for(self, there: Callable[[list[Span]], bool]) -> list[Span]:
        """The spans, once `there` says that they are all there."""
        until(lambda: there(self.spans), told=lambda: [(span.service, span.name) for span in self.spans])
        return self.spans


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            if self.path == "/v1/traces":
                collector.spans += _spans(body, is_json="json" in self.headers["Content-Type"])
            self.send_response(200 if self.path == "/v1/traces" else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector = Collector(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()


def _spans(body: bytes, *, is_json: bool) -> list[Span]:
    """OTLP's JSON has ids in hexadecimal digits, protobuf's own mapping to JSON in Base64."""
    as_hex: Callable[[str], str] = str if is_json else lambda text: base64.b64decode(text).hex()
    sent = json.loads(body) if is_json else MessageToDict(ExportTraceServiceRequest.FromString(body))
    return [
        Span(
            _attributes(resource["resource"]).get("service.name", ""),
            span["name"],
            as_hex(span["traceId"]),
            as_hex(span["spanId"]),
            as_hex(span.get("parentSpanId", "")),
            _attributes(span),
            json.dumps(span),
        )
        for resource in sent["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]


def _attributes(holder: dict[str, Any]) -> dict[str, Any]:
    return {item["key"]: next(iter(item["value"].values())) for item in holder.get("attributes", [])}
