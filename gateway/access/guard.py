"""What stands between the network and the routes."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from fastapi import FastAPI, Security, params
from fastapi.security import HTTPBearer
from pydantic import BaseModel
from starlette.middleware.cors import CORSMiddleware

from gateway.access.authentication import Authentication
from gateway.access.key_file import KeyFile
from gateway.access.open_paths import OpenPaths
from gateway.access.rate_limits import RateLimiting, RateLimits
from gateway.access.rates import parse_rate
from gateway.compat.paddle_jobs import RESULTS
from gateway.metrics import Metrics
from gateway.schemas import ErrorAnswer
from gateway.settings import Settings

_READABLE = ("Retry-After", "X-Document-Id", "X-Request-Id", "X-Warnings")
"""Headers of answers that pages of other origins may read."""
_SENDABLE = ("Authorization", "Content-Type", "X-API-Key", "X-Request-Id", "traceparent", "tracestate")


class Guard:
    """API keys, rate limits and other origins, as far as `settings` ask for them."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        """Read the keys. Raises SettingsError when API_KEYS_FILE lists none."""
        self._settings = settings
        self._rate = parse_rate(settings.rate_limit)
        self._open_paths = OpenPaths((*settings.open_paths, RESULTS))
        self._limits = RateLimits(settings.redis_url, metrics)
        self._keys: KeyFile | None = None
        if settings.api_keys_file is not None:
            keys = self._keys = KeyFile(settings.api_keys_file, self._rate)
            metrics.watch("api_keys", "Keys that are good.", lambda: len(keys.keyring.keys))
            metrics.watch("api_keys_stale", "1 while API_KEYS_FILE can't be read.", lambda: float(keys.stale))

    def mount(self, app: FastAPI) -> None:
        """Put it all before the routes of `app`; what is added last is met first."""
        app.add_middleware(RateLimiting, limits=self._limits, default_rate=self._rate, open_paths=self._open_paths)
        if self._keys is not None:
            app.add_middleware(Authentication, keys=self._keys, open_paths=self._open_paths)
        if self._settings.cors_origins:
            # Before the keys: a browser asks what it may send without one.
            app.add_middleware(
                CORSMiddleware,
                allow_origins=self._settings.cors_origins,
                allow_methods=("GET", "POST", "DELETE"),
                allow_headers=_SENDABLE,
                expose_headers=_READABLE,
            )

    @property
    def declared(self) -> list[params.Security]:
        """What OpenAPI tells of the keys; the middleware is what asks for them."""
        if self._keys is None:
            return []
        return [Security(HTTPBearer(scheme_name="API key", description="Or X-API-Key: KEY.", auto_error=False))]

    def refusals(self, form: type[BaseModel] = ErrorAnswer) -> dict[int | str, dict[str, Any]]:
        """What OpenAPI tells of the answers without a key, which have the form of the path's errors."""
        return {} if self._keys is None else {401: {"model": form}}

    def works(self) -> list[Coroutine[None, None, None]]:
        """What has to run beside the requests."""
        return [] if self._keys is None else [self._keys.watch()]

    async def close(self) -> None:
        """Close the connections to Redis."""
        await self._limits.close()
