"""Whose word is taken for the client's address."""

from __future__ import annotations

import logging

import pytest
from fastapi.testclient import TestClient

from gateway.app import create_app
from gateway.settings import Settings

from .fake_triton import FakeTriton


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "client"),
    [
        ((), "10.0.0.1", "203.0.113.7", "10.0.0.1"),
        ((), "127.0.0.1", "203.0.113.7", "127.0.0.1"),
        (("10.0.0.0/8",), "10.0.0.1", "203.0.113.7", "203.0.113.7"),
        (("10.0.0.0/8",), "192.0.2.1", "203.0.113.7", "192.0.2.1"),
        # What a client sends itself stands before what the proxy adds.
        (("10.0.0.1",), "10.0.0.1", "1.2.3.4, 203.0.113.7", "203.0.113.7"),
        (("10.0.0.0/8",), "10.0.0.1", "1.2.3.4, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (("10.0.0.1",), "10.0.0.1", "key:admin", "unknown"),
        (("10.0.0.1",), "10.0.0.1", "x" * 300, "unknown"),
        (("::1",), "::1", "2001:db8:0::7", "2001:db8::7"),
        (("10.0.0.1",), "10.0.0.1", None, "10.0.0.1"),
    ],
)
def test_the_clients_address(
    trusted: tuple[str, ...], peer: str, forwarded: str | None, client: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(Settings(render_workers=1, trusted_proxies=trusted), FakeTriton())
    with TestClient(app, client=(peer, 5000)) as sender, caplog.at_level(logging.INFO, logger="gateway.access"):
        sender.get("/", headers={} if forwarded is None else {"X-Forwarded-For": forwarded})
    assert caplog.records[-1].__dict__["fields"]["client"] == client
