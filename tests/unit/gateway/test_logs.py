"""Log lines: each with the id of its request, each one line, whatever strangers send."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from gateway.access_log import REQUEST_ID, JsonFormatter, PlainFormatter, WithRequestId
from gateway.schemas import Block

from .conftest import Start, as_json
from .documents import encoded, picture
from .fake_triton import FakeTriton

NASTY = 'a\nb\r\x1b[31m\u2028\u0085\x9b\u202e "c=d\ud800'
FORMATTERS = [JsonFormatter(), PlainFormatter()]


def record(message: str, **fields: Any) -> logging.LogRecord:
    made = logging.LogRecord("gateway.x", logging.INFO, __file__, 1, message, (), None)
    made.fields = fields
    return made


def failed(error: Exception, cause: Exception | None = None) -> logging.LogRecord:
    made = record("it failed")
    try:
        raise error from cause
    except type(error):
        made.exc_info = (type(error), error, error.__traceback__)
    return made


@pytest.mark.parametrize("formatter", FORMATTERS)
def test_a_line_is_one_line_of_printable_text(formatter: logging.Formatter) -> None:
    line = formatter.format(record(NASTY, file=NASTY, status=200))
    assert line.isprintable()
    line.encode()


def test_a_field_can_not_pretend_to_be_another() -> None:
    line = PlainFormatter().format(record("GET /", client="10.0.0.1 status=200", empty="", status=401))
    assert line.endswith(r"""GET / client="10.0.0.1 status=200" empty="" status=401""")


def test_a_traceback_can_not_pretend_to_be_a_line() -> None:
    made = failed(ValueError(f"x\n2026-01-01 00:00:00 INFO {NASTY}"))
    line, *rest = PlainFormatter(texts=True).format(made).split("\n")
    assert line.endswith("gateway.x: it failed")
    assert rest
    assert all(part.startswith("  | ") and part.isprintable() for part in rest)


@pytest.mark.parametrize("formatter", FORMATTERS)
def test_a_traceback_quotes_nothing(formatter: logging.Formatter) -> None:
    # Not as it stands here: a traceback shows lines of source.
    content = "TNETNOC"[::-1]
    try:
        Block.model_validate({"label": "text", "bbox": content, "content": [content]})
    except ValidationError as error:
        quoting = error
    told = formatter.format(failed(KeyError(content), quoting))
    assert content not in told
    for part in ("test_logs.py", "builtins.KeyError", "pydantic_core._pydantic_core.ValidationError", "model_validate"):
        assert part in told


def test_a_traceback_quotes_what_is_the_servers_own() -> None:
    assert "No space left" in PlainFormatter().format(failed(OSError(28, "No space left on device")))
    assert "CONTENT" in PlainFormatter(texts=True).format(failed(KeyError("CONTENT")))


@pytest.mark.parametrize("formatter", FORMATTERS)
def test_lines_logged_while_a_request_is_served_have_its_id(
    start: Start, triton: FakeTriton, caplog: pytest.LogCaptureFixture, formatter: logging.Formatter
) -> None:
    async def tell(_: int) -> None:
        logging.getLogger("gateway.somewhere").info("reading")

    triton.on_page = tell
    client = start()
    caplog.handler.addFilter(WithRequestId())
    with caplog.at_level(logging.INFO):
        client.post("/ocr", **as_json(encoded(picture())), headers={"X-Request-Id": "r-17"})
        logging.getLogger("gateway.somewhere").info("between requests")
    lines = {made.getMessage(): formatter.format(made) for made in caplog.records}
    assert "r-17" in lines["reading"]
    assert "r-17" in lines["POST /ocr"]
    assert lines["POST /ocr"].count("r-17") == 1
    assert "request_id" not in lines["between requests"]
    assert REQUEST_ID.get() is None


@pytest.mark.parametrize("formatter", FORMATTERS)
def test_what_a_client_sends_can_not_forge_a_line(
    client: TestClient, caplog: pytest.LogCaptureFixture, formatter: logging.Formatter
) -> None:
    nasty = "x%0d%0aPOST%20/ocr%20status=200%e2%80%a8"
    with caplog.at_level(logging.INFO):
        client.get(f"/{nasty}", headers={"X-Request-Id": "r 1\tstatus=200", "User-Agent": "u\tx"})
        client.request("BREW-status=200", "/ocr")
    records = [made for made in caplog.records if made.name.startswith("gateway")]
    assert len(records) == 2
    for made in records:
        line = formatter.format(made)
        assert line.isprintable()
        assert "status=200" not in line.replace("%20status%3D200", "").replace("status%3D200", "")
