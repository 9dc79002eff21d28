"""GET /ui, and the way there."""

from __future__ import annotations

import re

from fastapi.testclient import TestClient

from gateway.negotiation import prefers_html

from .conftest import Start

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


def test_the_page_loads_only_what_is_here(client: TestClient) -> None:
    response = client.get("/ui")
    assert response.status_code == 200
    assert "//" not in response.text
    loaded = re.findall(r'(?:src|href)="([^"]+)"', response.text)
    assert len(loaded) >= 3
    for place in loaded:
        assert client.get(f"/{place}").status_code == 200
    assert "<script>" not in response.text


def test_its_policy_lets_nothing_in_and_nothing_out(client: TestClient) -> None:
    policy = dict(
        part.strip().split(" ", 1) for part in client.get("/ui").headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == policy["font-src"] == "'self'"
    assert policy["img-src"] == "'self' data: blob:"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"


def test_fonts_that_the_style_names_are_here(client: TestClient) -> None:
    style = client.get("/static/ui/app.css").text
    fonts = set(re.findall(r"url\(([^)]+)\)", style))
    assert len(fonts) == 20
    for font in fonts:
        assert client.get(f"/static/ui/{font.strip(chr(34))}").status_code == 200


def test_a_browser_is_led_there_and_a_program_is_told(client: TestClient) -> None:
    led = client.get("/", headers={"Accept": BROWSER}, follow_redirects=False)
    assert (led.status_code, led.headers["location"], led.headers["vary"]) == (307, "ui", "Accept")
    for accept in ("*/*", "application/json", "application/json, text/html"):
        told = client.get("/", headers={"Accept": accept})
        assert told.json()["links"]["ui"] == "ui"
        assert told.headers["vary"] == "Accept"


def test_which_client_shows_a_page() -> None:
    assert prefers_html(BROWSER)
    assert not any(map(prefers_html, ("", "*/*", "text/html;q=0.1, */*;q=0.5", "text/plain")))


def test_the_page_needs_no_key(start: Start, tmp_path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("a sha256:" + "0" * 64)
    client = start(api_keys_file=keys)
    assert client.get("/ui").status_code == client.get("/static/ui/app.js").status_code == 200
    assert client.post("/ocr").status_code == 401
