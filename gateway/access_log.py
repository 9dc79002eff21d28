"""Logging: one line a request, plain or JSON, and never a word of a document."""

from __future__ import annotations

import json
import logging
import logging.config
import time
from typing import Any

ACCESS = logging.getLogger("gateway.access")


class JsonFormatter(logging.Formatter):
    """A record as one JSON object; the fields of a request beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class PlainFormatter(logging.Formatter):
    """A record as text, the fields of a request as key=value behind it."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        fields = getattr(record, "fields", {})
        return " ".join([super().format(record), *(f"{name}={value}" for name, value in fields.items())])


def configure(level: str, style: str) -> None:
    """Send every logger of this process to standard error, uvicorn's included."""
    formatter = f"{__name__}.{'JsonFormatter' if style == 'json' else 'PlainFormatter'}"
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"()": formatter}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"level": level.upper(), "handlers": ["stderr"]},
            "loggers": {"httpx2": {"level": "WARNING"}, "botocore": {"level": "WARNING"}},
        }
    )
