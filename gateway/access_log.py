"""Logging: one line a request, plain or JSON, and never a word of a document.

Every line that is logged while a request is served has its id. A line is one line whatever strangers put into it: what
would end it, or steer a terminal, is escaped.
"""

from __future__ import annotations

import json
import logging
import logging.config
import time
from contextvars import ContextVar
from typing import Any

from gateway.tracebacks import without_texts

ACCESS = logging.getLogger("gateway.access")
REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request that is being served."""


class WithRequestId(logging.Filter):
    """Puts the id of the request into each record that is made while it is served."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the record."""
        if request_id := REQUEST_ID.get():
            record.fields = {"request_id": request_id, **_fields(record)}
        return True


class _Formatter(logging.Formatter):
    """What both forms have in common: `texts` is whether tracebacks have those of their exceptions."""

    def __init__(self, form: str | None = None, *, texts: bool = False) -> None:
        super().__init__(form)
        self._texts = texts

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        """The traceback."""
        return super().formatException(ei) if self._texts or ei[1] is None else without_texts(ei[1])


class JsonFormatter(_Formatter):
    """A record as one JSON object in ASCII; the fields of a request beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class PlainFormatter(_Formatter):
    """A record as text, the fields of a request as key=value behind it; a traceback follows indented."""

    def __init__(self, *, texts: bool = False) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", texts=texts)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """The record's one line."""
        fields = (f"{name}={_quoted(str(value))}" for name, value in _fields(record).items())
        return " ".join([_escaped(super().formatMessage(record)), *fields])

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        """The traceback, which no line of a log looks like."""
        return "\n".join(f"  | {_escaped(line)}" for line in super().formatException(ei).splitlines())


def configure(level: str, style: str) -> None:
    """Send every logger of this process to standard error, uvicorn's included.

    At the level debug tracebacks have the texts of their exceptions, which may quote documents.
    """
    formatter = f"{__name__}.{'JsonFormatter' if style == 'json' else 'PlainFormatter'}"
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"()": formatter, "texts": level == "debug"}},
            "filters": {"request": {"()": f"{__name__}.WithRequestId"}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request"]}},
            "root": {"level": level.upper(), "handlers": ["stderr"]},
            "loggers": {"httpx2": {"level": "WARNING"}, "botocore": {"level": "WARNING"}},
        }
    )


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    fields: dict[str, Any] = getattr(record, "fields", {})
    return fields


def _escaped(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _quoted(value: str) -> str:
    """The value as it is where nothing in it could be taken for another field, else as a JSON string."""
    return value if value and not set(value) & set(' "=') and value.isprintable() else json.dumps(value)
