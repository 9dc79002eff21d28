"""Rate limits: so many documents in so long a time, for each client; the window moves with the clock.

The counts lie in memory, or in Redis where several gateways share them.
"""

from __future__ import annotations

import logging
import math
import time

import anyio
from limits import RateLimitItem
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError
from pydantic import SecretStr
from redis.asyncio import ConnectionPool
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.access.clients import sharer
from gateway.access.open_paths import OpenPaths
from gateway.error_responses import respond
from gateway.errors import RateLimited
from gateway.metrics import Metrics

_LOG = logging.getLogger(__name__)

_REDIS_SECONDS = 1.0
"""What an answer of Redis may take; no request shall wait for one that hangs."""
_AWAY_SECONDS = 5.0
"""How long Redis is left alone after it failed."""


class RateLimits:
    """Counts the documents of each client. While Redis fails each gateway counts for itself."""

    def __init__(self, redis_url: SecretStr | None, metrics: Metrics) -> None:
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._connections: ConnectionPool | None = None
        self._shared: MovingWindowRateLimiter | None = None
        if redis_url is not None:
            self._connections = ConnectionPool.from_url(redis_url.get_secret_value())
            self._shared = MovingWindowRateLimiter(_storage(self._connections))
        self._metrics = metrics
        self._away_until = 0.0

    async def count(self, client: str, rate: RateLimitItem) -> None:
        """Count one document of `client`, who may send at `rate`.

        Raises RateLimited, with the seconds until the next one may come; what is refused is not counted.
        """
        if self._shared is not None and time.monotonic() >= self._away_until:
            try:
                with anyio.fail_after(_REDIS_SECONDS):
                    return await _count(self._shared, client, rate)
            except (StorageError, TimeoutError) as error:
                self._away_until = time.monotonic() + _AWAY_SECONDS
                _LOG.error("rate limits: Redis failed (%s): this gateway counts for itself meanwhile", _name(error))
        if self._shared is not None:
            self._metrics.rate_limits_unshared.inc()
        return await _count(self._own, client, rate)

    async def close(self) -> None:
        """Close the connections."""
        if self._connections is not None:
            await self._connections.aclose()


class RateLimiting:
    """Counts each POST, but for those to `open_paths`, against the rate of its key, or `default_rate`."""

    def __init__(
        self, app: ASGIApp, limits: RateLimits, default_rate: RateLimitItem | None, open_paths: OpenPaths
    ) -> None:
        self._app = app
        self._limits = limits
        self._default_rate = default_rate
        self._open_paths = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] not in self._open_paths:
            rate: RateLimitItem | None = scope["state"].get("rate", self._default_rate)
            try:
                if rate is not None:
                    await self._limits.count(sharer(scope["state"]["client"]), rate)
            except RateLimited as error:
                await respond(Request(scope), error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def _count(limiter: MovingWindowRateLimiter, client: str, rate: RateLimitItem) -> None:
    while not await limiter.hit(rate, client):
        window = await limiter.get_window_stats(rate, client)
        # Else the oldest document left the window between the two questions: ask again.
        if window.remaining <= 0:
            raise RateLimited(
                f"{rate.amount} documents in {rate.get_expiry()} seconds are sent already: send it again later "
                "(the server's operator sets this limit by RATE_LIMIT, or for the key in API_KEYS_FILE)",
                retry_after=max(0, math.floor(window.reset_time - time.time())) + 1,
            )


def _storage(connections: ConnectionPool) -> RedisStorage:
    return RedisStorage(
        # Names the kind of server only; where it is the connections know.
        "async+redis://",
        implementation="redispy",
        wrap_exceptions=True,
        key_prefix="ocr-rate",
        # Any option of the client goes, though the type names three.
        connection_pool=connections,  # type: ignore[arg-type]
    )


def _name(error: Exception) -> str:
    """What failed, without the address that its text may hold."""
    return type(error.storage_error if isinstance(error, StorageError) else error).__name__
