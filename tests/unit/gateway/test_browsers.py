"""What browsers are told: security headers on every answer, and other origins only where they are allowed."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from gateway.access.keyring import line_of

from .conftest import Start, as_json
from .documents import encoded, picture

PREFLIGHT = {
    "Origin": "https://app.example",
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,traceparent",
}


@pytest.mark.parametrize("path", ["/", "/livez", "/docs", "/static/docs.js", "/static/docs.html", "/nothing", "/ocr"])
def test_every_answer_is_what_it_says(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers
    assert "x-powered-by" not in headers


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/static/docs.html", "/static/redoc.html"])
def test_pages_load_nothing_from_elsewhere_and_stand_in_no_frame(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert headers["referrer-policy"] == "no-referrer"


def test_answers_are_not_kept(client: TestClient) -> None:
    for answer in (client.post("/ocr", **as_json(encoded(picture()))), client.get("/health"), client.get("/nothing")):
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/ui", "/docs", "/redoc", "/static/docs.js", "/static/ui/app.js", "/static/ui/app.css"]
)
def test_pages_and_scripts_are_kept_and_asked_for_anew(client: TestClient, path: str) -> None:
    """After an upgrade no browser runs old scripts with a new page."""
    first = client.get(path)
    assert first.headers["cache-control"] == "no-cache"
    again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert again.headers["cache-control"] == "no-cache"
    assert again.headers["etag"] == first.headers["etag"]


def test_other_origins_are_told_nothing_by_default(client: TestClient) -> None:
    assert client.options("/ocr", headers=PREFLIGHT).status_code == 405
    answer = client.get("/", headers={"Origin": "https://app.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_an_allowed_origin_may_send_and_read(start: Start, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(line_of("a", "a"))
    client = start(cors_origins=("https://app.example",), api_keys_file=tmp_path / "keys")
    asked = client.options("/ocr", headers=PREFLIGHT)
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == "https://app.example"
    for header in ("Authorization", "Content-Type", "X-API-Key", "traceparent"):
        assert header in asked.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in asked.headers
    assert len(asked.headers["x-request-id"]) == 32
    for headers, status in (({}, 401), ({"X-API-Key": "a"}, 200)):
        answer = client.post(
            "/ocr", **as_json(encoded(picture())), headers={**headers, "Origin": "https://app.example"}
        )
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == "https://app.example"
        assert "X-Request-Id" in answer.headers["access-control-expose-headers"]


def test_another_origin_may_not(start: Start) -> None:
    client = start(cors_origins=("https://app.example",))
    assert client.options("/ocr", headers={**PREFLIGHT, "Origin": "https://evil.example"}).status_code == 400
    answer = client.get("/", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers
