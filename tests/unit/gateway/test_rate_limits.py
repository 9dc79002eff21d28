"""Rates: how many documents a client may send, and what it is told when it sent them."""

from __future__ import annotations

import asyncio
import logging
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from limits import parse
from pydantic import SecretStr

from gateway.access.keyring import line_of
from gateway.access.rate_limits import RateLimits
from gateway.access.rates import parse_rate
from gateway.errors import RateLimited
from gateway.metrics import Metrics

from .conftest import Start, as_json, error_of
from .documents import encoded, picture
from .redis_server import redis_server

PAGE = as_json(encoded(picture()))
TWO_A_MINUTE = parse("2/minute")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time of day, which stands still."""
    now = [1_700_000_000.5]
    monkeypatch.setattr(time, "time", lambda: now[0])
    return now


@dataclass
class Redis:
    url: SecretStr
    process: subprocess.Popen[bytes]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    with redis_server(tmp_path / "redis.sock") as process:
        yield Redis(SecretStr(f"unix://{tmp_path / 'redis.sock'}"), process)


async def seconds_to_wait(limits: RateLimits, client: str = "c") -> int | None:
    try:
        await limits.count(client, TWO_A_MINUTE)
    except RateLimited as error:
        return error.retry_after
    return None


def unshared(limits: RateLimits) -> float:
    """How many documents were counted without Redis."""
    return limits._metrics.registry.get_sample_value("ocr_gateway_rate_limits_unshared_total") or 0


def test_the_next_may_come_when_the_first_left_the_window(clock: list[float]) -> None:
    async def check() -> None:
        limits = RateLimits(None, Metrics())
        assert await seconds_to_wait(limits) is None
        clock[0] += 20
        assert await seconds_to_wait(limits) is None
        clock[0] += 10
        waits = await seconds_to_wait(limits)
        assert waits == 31
        clock[0] += waits - 2
        assert await seconds_to_wait(limits) == 2
        clock[0] += 2
        assert await seconds_to_wait(limits) is None
        assert await seconds_to_wait(limits) == 20

    asyncio.run(check())


def test_each_client_has_a_rate_of_its_own() -> None:
    async def check() -> None:
        limits = RateLimits(None, Metrics())
        for client in ("key:a", "key:b", "10.0.0.1"):
            told = [await seconds_to_wait(limits, client) for _ in range(3)]
            assert told[:2] == [None, None]
            assert told[2]

    asyncio.run(check())


def test_gateways_share_their_counts_in_redis(redis: Redis) -> None:
    async def check() -> None:
        gateways = [RateLimits(redis.url, Metrics()) for _ in range(2)]
        assert [await seconds_to_wait(limits) for limits in gateways] == [None, None]
        for limits in gateways:
            assert await seconds_to_wait(limits) in range(55, 61)
            assert unshared(limits) == 0
            await limits.close()

    asyncio.run(check())


@pytest.mark.parametrize("fault", [signal.SIGKILL, signal.SIGSTOP])
def test_without_redis_each_gateway_counts_for_itself(
    redis: Redis, fault: signal.Signals, caplog: pytest.LogCaptureFixture
) -> None:
    async def check() -> None:
        gateways = [RateLimits(redis.url, Metrics()) for _ in range(2)]
        await seconds_to_wait(gateways[0])
        redis.process.send_signal(fault)
        for limits in gateways:
            told = [await seconds_to_wait(limits) for _ in range(3)]
            assert told[:2] == [None, None]
            assert told[2]
            assert unshared(limits) == 3
            await limits.close()

    with caplog.at_level(logging.ERROR):
        asyncio.run(check())
    assert len(caplog.records) == 2
    assert "Redis failed" in caplog.text
    assert redis.url.get_secret_value() not in caplog.text


def test_redis_is_asked_again_when_it_is_back(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    async def check() -> None:
        limits = RateLimits(redis.url, Metrics())
        redis.process.send_signal(signal.SIGSTOP)
        await seconds_to_wait(limits)
        redis.process.send_signal(signal.SIGCONT)
        await seconds_to_wait(limits)
        assert unshared(limits) == 2
        later = time.monotonic() + 6
        monkeypatch.setattr(time, "monotonic", lambda: later)
        await seconds_to_wait(limits)
        assert unshared(limits) == 2
        await limits.close()

    asyncio.run(check())


def test_documents_past_the_rate_are_refused(start: Start) -> None:
    client = start(rate_limit="2/hour")
    assert [client.post("/ocr", **PAGE).status_code for _ in range(2)] == [200, 200]
    refused = client.post("/ocr", **PAGE)
    assert (refused.status_code, error_of(refused)["code"]) == (429, "rate_limited")
    assert int(refused.headers["retry-after"]) in range(3590, 3601)
    assert "RATE_LIMIT" in error_of(refused)["message"]
    assert client.get("/").status_code == client.get("/metrics").status_code == 200


def test_a_key_can_have_a_rate_of_its_own(start: Start, tmp_path: Path) -> None:
    rates = {"few": "1/day", "many": "unlimited", "usual": None}
    (tmp_path / "keys").write_text("\n".join(line_of(name, name, rate) for name, rate in rates.items()))
    client = start(api_keys_file=tmp_path / "keys", rate_limit="2/day")
    told = {
        name: [client.post("/ocr", **PAGE, headers={"X-API-Key": name}).status_code for _ in "123"] for name in rates
    }
    assert told == {"few": [200, 429, 429], "many": [200] * 3, "usual": [200, 200, 429]}


def test_who_is_not_let_in_is_not_counted(start: Start, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(line_of("a", "a"))
    client = start(api_keys_file=tmp_path / "keys", rate_limit="1/day")
    assert [client.post("/ocr", **PAGE).status_code for _ in range(3)] == [401] * 3


@pytest.mark.parametrize(
    ("text", "means"), [("60/minute", "60 per 1 minute"), ("10/5second", "10 per 5 second"), ("unlimited", "None")]
)
def test_rates(text: str, means: str) -> None:
    assert str(parse_rate(text)) == means


@pytest.mark.parametrize(
    "text", ["", "60", "60/", "0/minute", "-1/minute", "60/minute;1/day", "1e3/day", "60/fortnight"]
)
def test_what_is_no_rate(text: str) -> None:
    with pytest.raises(ValueError, match="60/minute"):
        parse_rate(text)
