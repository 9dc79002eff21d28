"""Where a client sends its requests, and as whom."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

import httpx2

from ocr_client.errors import ConfigurationError
from ocr_client.retries import Retries

DEFAULT_SERVER = "http://127.0.0.1:8081"
DEFAULT_TIMEOUT = 600.0

_CONNECT_SECONDS = 10.0
_WRITE_SECONDS = 60.0
_MARGIN_SECONDS = 15.0
"""What the server may take beyond its deadline to say that it has passed."""


@dataclass(frozen=True)
class Configuration:
    """What both clients are made from; `timeout` is in seconds, for one attempt."""

    server: str
    timeout: float
    retries: Retries
    api_key: str | None = field(default=None, repr=False)

    @classmethod
    def made(cls, server: str | None, api_key: str | None, timeout: float, retries: Retries | None) -> Configuration:
        """What is left out comes from OCR_SERVER and OCR_API_KEY. Raises ConfigurationError."""
        server = server or os.environ.get("OCR_SERVER") or DEFAULT_SERVER
        api_key = api_key or os.environ.get("OCR_API_KEY") or None
        if not timeout > 0:
            raise ConfigurationError(f"timeout: {timeout:g} is not above 0 seconds")
        if api_key is not None and not (api_key.isascii() and api_key.isprintable() and " " not in api_key):
            raise ConfigurationError("the API key (OCR_API_KEY) has characters that no key has: spaces, line ends, …")
        return cls(_checked(server), timeout, retries or Retries(), api_key)

    @property
    def headers(self) -> dict[str, str]:
        """What every request says of its sender."""
        headers = {"User-Agent": "paddleocr-vl-server-client"}
        if self.api_key is not None:
            headers["Authorization"] = f"Bearer {self.api_key}"
        return headers

    def patience(self, seconds: float) -> httpx2.Timeout:
        """The times of a request that the server may work on for `seconds`."""
        return httpx2.Timeout(connect=_CONNECT_SECONDS, write=_WRITE_SECONDS, read=seconds + _MARGIN_SECONDS, pool=None)


def _checked(server: str) -> str:
    try:
        url = httpx2.URL(server)
    except httpx2.InvalidURL as error:
        raise ConfigurationError(f"the server's address {server!r} is no URL: {error}") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ConfigurationError(f"the server's address {server!r} does not begin with http:// or https:// and a host")
    return server
