"""Clients that are slow or dead, on real connections to a real process: they hold up nobody else."""

from __future__ import annotations

import asyncio
import json
import resource
import socket
import time
from collections.abc import Iterator

import httpx2
import pytest
from pydantic import HttpUrl
from starlette.types import Message

from gateway.access.clients import by_address, sharer
from gateway.connections import Limits
from gateway.errors import BodyTooSlow
from gateway.settings import Settings
from gateway.sources.pace import LEAST_RATE, Paced
from tests.waiting import until

from .conftest import as_json
from .documents import encoded, picture
from .gateway_process import gateway, wait_for
from .kserve import KServe

PAGE = as_json(encoded(picture()))
HEAD = b"POST /ocr HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n"
SECONDS = 1.0


@pytest.fixture
def url(kserve: HttpUrl) -> Iterator[str]:
    settings = {"RECEIVE_TIMEOUT": f"{SECONDS:g}", "MAX_REQUESTS": "1", "CLIENT_SHARE": "1", "MAX_CONNECTIONS": "8"}
    with gateway(TRITON_URL=str(kserve), **settings) as (_, url):
        wait_for(f"{url}/livez")
        yield url


def connected(url: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])))
    connection.settimeout(10)
    return connection


def told(connection: socket.socket) -> bytes:
    """What the gateway says until it closes the connection; nothing where it aborts it."""
    said = b""
    try:
        while chunk := connection.recv(65536):
            said += chunk
    except ConnectionResetError:
        pass
    return said


def requests(url: str, state: str) -> int:
    lines = httpx2.get(f"{url}/metrics").text.splitlines()
    return next(int(float(line.split()[1])) for line in lines if line.startswith(f"ocr_gateway_requests_{state} "))


def test_a_body_that_stops_gives_its_permit_back(url: str) -> None:
    with connected(url) as slow:
        slow.sendall(HEAD + b'{"file"')
        until(lambda: requests(url, "in_flight") == 1)
        head, _, body = told(slow).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert json.loads(body)["error"]["code"] == "body_too_slow"
    assert "RECEIVE_TIMEOUT" in json.loads(body)["error"]["message"]
    assert httpx2.post(f"{url}/ocr", **PAGE).status_code == 200


def test_a_body_that_trickles_does_too(url: str) -> None:
    with connected(url) as slow:
        slow.sendall(HEAD)
        begun_at = time.monotonic()
        try:
            while time.monotonic() - begun_at < 5 * SECONDS:
                slow.sendall(b"x")
                time.sleep(0.05)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert SECONDS * 0.5 < time.monotonic() - begun_at < 4 * SECONDS
    assert httpx2.post(f"{url}/ocr", **PAGE).status_code == 200


@pytest.mark.parametrize("before", ["", "an answer"])
@pytest.mark.parametrize("sent", [b"", b"GET /livez HTTP/1.1\r\nHost: gate"])
def test_a_request_that_does_not_come_is_not_waited_for(url: str, before: str, sent: bytes) -> None:
    with connected(url) as slow:
        if before:
            slow.sendall(b"GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n")
            assert slow.recv(65536).startswith(b"HTTP/1.1 200")
        begun_at = time.monotonic()
        slow.sendall(sent)
        told(slow)
        assert SECONDS * 0.5 < time.monotonic() - begun_at < 4 * SECONDS


def test_who_hangs_up_in_the_queue_gives_his_place_up(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KServe, "manner", "wait")
    with connected(url) as first, connected(url) as second:
        body = json.dumps(PAGE["json"]).encode()
        head = HEAD.replace(b"5000", str(len(body)).encode())
        first.sendall(head + body)
        until(lambda: len(KServe.seen) > 0)
        # More than uvicorn takes before somebody reads it: what is behind it, it does not see.
        second.sendall(HEAD.replace(b"5000", b"900000") + bytes(200_000))
        until(lambda: requests(url, "waiting") == 1)
        second.close()
        until(lambda: requests(url, "waiting") == 0, 3)
        assert requests(url, "in_flight") == 1
        KServe.released.set()
        assert first.recv(65536).startswith(b"HTTP/1.1 200")


def test_connections_have_a_limit(url: str) -> None:
    connections = [connected(url) for _ in range(8)]
    begun_at = time.monotonic()
    with connected(url) as one_too_many:
        assert told(one_too_many) == b""
    assert time.monotonic() - begun_at < SECONDS
    for connection in connections:
        connection.close()
    until(lambda: httpx2.get(f"{url}/livez").status_code == 200)


def test_one_address_has_its_share_and_a_proxy_all() -> None:
    limits = Limits(Settings(max_connections=4, client_share=0.5, trusted_proxies=("10.0.0.0/8",)))
    assert limits.allow("192.0.2.1", ["192.0.2.1"])
    assert not limits.allow("192.0.2.1", ["192.0.2.1", "192.0.2.1"])
    assert limits.allow("192.0.2.2", ["192.0.2.1", "192.0.2.1"])
    assert not limits.allow("2001:db8::1", ["2001:db8::2", "2001:db8::3"])
    assert limits.allow("10.0.0.1", ["10.0.0.1"] * 3)
    assert not limits.allow("10.0.0.1", ["10.0.0.1"] * 4)


@pytest.mark.parametrize(
    ("allowed", "taken", "told"), [((256, 9000), 1124, False), ((256, 512), 512, True), ((2000, 9000), None, False)]
)
def test_files_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    allowed: tuple[int, int],
    taken: int | None,
    told: bool,
) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: allowed)
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: asked.append(limits))
    Limits(Settings(max_connections=100)).make_room()
    assert asked == ([] if taken is None else [(taken, allowed[1])])
    assert ("MAX_CONNECTIONS" in caplog.text) == told


def test_who_shares_a_network_shares_its_part() -> None:
    assert sharer(by_address("2001:db8:1:2:3:4:5:6")) == sharer(by_address("2001:db8:1:2::1")) == "2001:db8:1:2::/64"
    assert sharer(by_address("2001:db8:1:3::1")) != sharer(by_address("2001:db8:1:2::1"))
    assert sharer(by_address("::ffff:192.0.2.1")) == by_address("192.0.2.1") == "192.0.2.1"
    assert sharer("key:2001:db8::1") == "key:2001:db8::1"
    assert sharer(by_address("nonsense")) == "unknown"


def test_only_what_the_gateway_waits_for_counts() -> None:
    async def check(pause: float, size: int, times: int) -> None:
        async def receive() -> Message:
            await asyncio.sleep(pause)
            return {"type": "http.request", "body": bytes(size), "more_body": True}

        paced = Paced(receive, 0.3)
        for _ in range(times):
            await paced()

    asyncio.run(check(0.05, LEAST_RATE // 10, 20))
    with pytest.raises(BodyTooSlow, match=r"0\.3 seconds without a byte"):
        asyncio.run(check(0.05, 1, 20))
    with pytest.raises(BodyTooSlow):
        asyncio.run(check(0.5, 100 * LEAST_RATE, 2))
