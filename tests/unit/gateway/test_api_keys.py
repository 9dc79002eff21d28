"""API keys: who is let in, by which header, and what the logs and the counters tell of it."""

from __future__ import annotations

import hashlib
import hmac
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from gateway.access.keyring import BadKeyFile, line_of, make_key, parse_keys
from gateway.app import create_app
from gateway.settings import Settings, SettingsError

from .conftest import Start, as_json, error_of
from .documents import encoded, picture

KEY, OTHER = "ocr_invoices", "ocr_scanner"
PAGE = as_json(encoded(picture()))


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    path.write_text(f"# who may\n\n{line_of('invoices', KEY)}\n{line_of('scanner', OTHER)}  # the old one\n")
    return path


@pytest.fixture
def closed(start: Start, keys: Path) -> TestClient:
    """A gateway that asks for keys."""
    return start(api_keys_file=keys)


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {KEY}"},
        {"Authorization": f"bearer  {KEY}"},
        {"Authorization": f"token {KEY}"},
        {"X-API-Key": KEY},
    ],
    ids=str,
)
def test_a_key_lets_in(closed: TestClient, headers: dict[str, str]) -> None:
    assert closed.post("/ocr", **PAGE, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("headers", "challenge"),
    [
        ({}, 'Bearer realm="ocr"'),
        ({"Authorization": "Basic b2NyOm9jcg=="}, 'Bearer realm="ocr"'),
        ({"Authorization": KEY}, 'Bearer realm="ocr"'),
        ({"Authorization": "Bearer "}, 'Bearer realm="ocr"'),
        ({"Authorization": "Bearer ocr_wrong"}, 'Bearer realm="ocr", error="invalid_token"'),
        ({"Authorization": f"Bearer {KEY}x"}, 'Bearer realm="ocr", error="invalid_token"'),
        ({"Authorization": b"Bearer \xff\xfe"}, 'Bearer realm="ocr", error="invalid_token"'),
        ({"X-API-Key": hashlib.sha256(KEY.encode()).hexdigest()}, 'Bearer realm="ocr", error="invalid_token"'),
    ],
    ids=str,
)
def test_nothing_else_does(closed: TestClient, headers: dict[str, str | bytes], challenge: str) -> None:
    answer = closed.post("/ocr", **PAGE, headers=headers)
    error = error_of(answer)
    assert (answer.status_code, error["type"], error["code"]) == (401, "unauthorized", "unauthorized")
    assert answer.headers["www-authenticate"] == challenge
    assert KEY not in answer.text


@pytest.mark.parametrize("path", ["/livez", "/health", "/docs", "/redoc", "/openapi.json", "/static/docs.js"])
def test_these_paths_are_open(closed: TestClient, path: str) -> None:
    assert closed.get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/metrics", "/ocr", "/nothing", "/staticx", "/livezx", "//livez", "/ocr/", "/%6cive", "/jobs"]
)
def test_all_others_are_closed_whether_they_exist_or_not(closed: TestClient, path: str) -> None:
    assert closed.get(path).status_code == 401


def test_open_paths_are_a_setting(start: Start, keys: Path) -> None:
    client = start(api_keys_file=keys, open_paths=("/", "/metrics"))
    assert [client.get(path).status_code for path in ("/", "/metrics", "/livez", "/docs")] == [200, 200, 401, 401]


def test_a_path_that_goes_back_up_opens_nothing(closed: TestClient) -> None:
    for path in ("/static/%2e%2e/metrics", "/static/..%2fmetrics", "/livez/%2e%2e/metrics"):
        assert closed.get(path).status_code == 404


def test_logs_and_counters_tell_the_name(closed: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="gateway.access"):
        closed.post("/ocr", **PAGE, headers={"X-API-Key": KEY})
        closed.post("/ocr", **PAGE)
    assert [record.__dict__["fields"]["client"] for record in caplog.records] == ["key:invoices", "unknown"]
    metrics = closed.get("/metrics", headers={"X-API-Key": OTHER}).text
    size = len(encoded(picture()))
    for line in (
        'ocr_gateway_key_requests_total{key="invoices",status="200"} 1.0',
        'ocr_gateway_key_pages_total{key="invoices"} 1.0',
        f'ocr_gateway_key_document_bytes_total{{key="invoices"}} {float(size)}',
        'ocr_gateway_requests_total{method="other",path="other",status="401"} 1.0',
        "ocr_gateway_api_keys 2.0",
        "ocr_gateway_api_keys_stale 0.0",
    ):
        assert line in metrics
    assert KEY not in metrics


def test_openapi_tells_of_keys_where_they_are_asked_for(closed: TestClient, client: TestClient) -> None:
    told = closed.get("/openapi.json").json()
    assert told["components"]["securitySchemes"]["API key"]["scheme"] == "bearer"
    assert told["paths"]["/ocr"]["post"]["security"] == [{"API key": []}]
    for path, form in {
        "/ocr": "ErrorAnswer",
        "/layout-parsing": "FailureAnswer",
        "/api/v2/ocr/jobs": "JobFailure",
        "/v1/ocr": "MistralFailure",
    }.items():
        answer = told["paths"][path]["post"]["responses"]["401"]["content"]["application/json"]
        assert answer["schema"] == {"$ref": f"#/components/schemas/{form}"}
    assert "securitySchemes" not in client.get("/openapi.json").json()["components"]


def test_every_key_is_compared_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = parse_keys("\n".join(line_of(name, f"ocr_{name}") for name in "abc"), None)
    compared = []
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: compared.append(a) or a == b)
    for presented, name in (("ocr_a", "a"), ("ocr_c", "c"), ("ocr_d", None)):
        compared.clear()
        found = ring.find(presented)
        assert (found and found.name) == name
        assert len(compared) == 3


def test_two_keys_of_one_name_are_both_good() -> None:
    ring = parse_keys(f"{line_of('a', 'old')}\n{line_of('a', 'new', '5/minute')}", None)
    assert [key.name for key in map(ring.find, ("old", "new")) if key] == ["a", "a"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lists no key"),
        ("# nothing\n\n", "lists no key"),
        ("invoices", "line 1: behind the name"),
        (f"invoices {KEY}", "line 1: behind the name"),
        (f"\ninvoices sha256:{'A' * 64}", "line 2: behind the name"),
        (f"in:voices sha256:{'a' * 64}", "line 1: the name has letters"),
        (f"invoices sha256:{'a' * 64} often", "line 1: a rate is written"),
        (f"invoices sha256:{'a' * 64} 0/minute", "line 1: a rate is written"),
        (f"invoices sha256:{'a' * 64} 60/fortnight", "line 1: a rate is written"),
        (f"invoices sha256:{'a' * 64} 60 / minute", "line 1: a line is a name"),
    ],
)
def test_a_broken_file_is_told_by_line_without_its_words(text: str, message: str) -> None:
    with pytest.raises(BadKeyFile, match=message) as refused:
        parse_keys(text, None)
    assert KEY not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"invoices"])
def test_without_keys_to_be_had_nothing_starts(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "keys").write_bytes(content)
    with pytest.raises(SettingsError, match="API_KEYS_FILE: "):
        create_app(Settings(api_keys_file=tmp_path / "keys"))


def test_the_command_makes_a_key_that_opens() -> None:
    command = [sys.executable, "-m", "gateway.access.make_key", "invoices", "--rate", "600/minute"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    key = done.stderr.split()[-1]
    found = parse_keys(done.stdout, None).find(key)
    assert found is not None
    assert (found.name, str(found.rate)) == ("invoices", "600 per 1 minute")
    assert key not in done.stdout
    assert len({make_key() for _ in range(100)}) == 100


@pytest.mark.parametrize("arguments", [["a b"], ["a", "--rate", "x"]])
def test_the_command_refuses_what_the_file_would(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "gateway.access.make_key", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def test_a_browser_is_led_to_the_page_that_takes_a_key(closed: TestClient) -> None:
    led = closed.get("/", headers=BROWSER, follow_redirects=False)
    assert (led.status_code, led.headers["location"]) == (307, "ui")
    assert closed.get("/", headers=BROWSER).status_code == 200


@pytest.mark.parametrize(("path", "address"), [("/metrics", "ui"), ("/jobs/1/result", "../../ui"), ("/<b>", "ui")])
def test_a_browser_without_a_key_gets_words(closed: TestClient, path: str, address: str) -> None:
    answer = closed.get(path, headers=BROWSER)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert (answer.headers["www-authenticate"], answer.headers["vary"]) == ('Bearer realm="ocr"', "Accept")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert f'<a href="{address}">' in answer.text
    assert "X-API-Key: KEY" in answer.text
    assert "<b>" not in answer.text
    assert (
        'ocr_gateway_errors_total{code="unauthorized"} 1.0' in closed.get("/metrics", headers={"X-API-Key": KEY}).text
    )


def test_where_the_page_is_shut_a_browser_is_led_nowhere(start: Start, keys: Path) -> None:
    client = start(api_keys_file=keys, open_paths=("/livez",))
    for path in ("/", "/ui"):
        answer = client.get(path, headers=BROWSER)
        assert answer.status_code == 401
        assert "asks for an API key" in answer.text
        assert "<a " not in answer.text


def test_programs_get_json_whatever_else_they_take(closed: TestClient) -> None:
    for accept in ("*/*", "application/json", "application/json, text/html"):
        assert error_of(closed.get("/", headers={"Accept": accept}))["code"] == "unauthorized"
    assert error_of(closed.post("/ocr", **PAGE, headers=BROWSER))["code"] == "unauthorized"
