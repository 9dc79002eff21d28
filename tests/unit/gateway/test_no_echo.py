"""What is refused is not repeated: neither a client's proxy nor a log shall keep a document because it was wrong."""

from __future__ import annotations

import base64
import json
import logging
from typing import Any

import pytest
from fastapi.testclient import TestClient

from gateway.access_log import PlainFormatter

SECRET = "Patient-4711-diagnosis"
ENCODED = base64.b64encode(SECRET.encode()).decode()
JSON = {"Content-Type": "application/json"}

BODIES: dict[str, dict[str, Any]] = {
    "no JSON": {"content": SECRET, "headers": JSON},
    "half of JSON": {"content": f'{{"file": "{SECRET}', "headers": JSON},
    "a string": {"json": SECRET},
    "a list": {"json": [SECRET]},
    "no Base64": {"json": {"file": f"{SECRET}!", "document": {"type": "document_url", "document_url": f"{SECRET}!"}}},
    "no document": {"json": {"file": ENCODED, "document": {"type": "document_url", "document_url": ENCODED}}},
    "a list of files": {"json": {"file": [SECRET], "document": [SECRET]}},
    "an object": {"json": {"file": {"data": SECRET}, "document": {"data": SECRET}}},
    "other faults": {"json": {"file": ENCODED, "fileType": SECRET, "dpi": SECRET, "save": SECRET, "timeout": SECRET}},
    "options": {"json": {"file": ENCODED, "options": SECRET}},
    "text in a form": {"files": {"file": (None, SECRET)}},
    "an upload": {"files": {"file": (f"{SECRET}.pdf", SECRET.encode())}},
    "a form cut short": {
        "content": f'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n{SECRET}',
        "headers": {"Content-Type": "multipart/form-data; boundary=b"},
    },
    "text": {"content": SECRET, "headers": {"Content-Type": "text/plain"}},
}


def routes(client: TestClient) -> list[str]:
    """All that take documents."""
    paths = client.get("/openapi.json").json()["paths"]
    return [path for path, methods in paths.items() if "requestBody" in methods.get("post", {}) and "{" not in path]


@pytest.mark.parametrize("name", BODIES)
def test_no_route_repeats_what_it_refuses(client: TestClient, name: str, caplog: pytest.LogCaptureFixture) -> None:
    taking = routes(client)
    assert {"/ocr", "/jobs"} <= set(taking)
    for path in taking:
        with caplog.at_level(logging.DEBUG, logger="gateway"):
            answer = client.post(path, **BODIES[name])
        assert 400 <= answer.status_code < 500, path
        told = json.dumps(answer.json()) + str(answer.headers)
        logged = "".join(PlainFormatter().format(record) for record in caplog.records)
        for part in (SECRET, ENCODED, SECRET[:12]):
            assert part not in told, path
            assert part not in logged, path
