"""Uvicorn, stopped without harm: first the work ends, then the port closes."""

from __future__ import annotations

import math
import time
from functools import partial
from types import FrameType
from typing import Any, cast

import uvicorn
from fastapi import FastAPI

from gateway.connections import Connection, Limits
from gateway.settings import Settings


class Server(uvicorn.Server):
    """Serves `app` until SIGTERM or Ctrl-C; a second signal ends it at once.

    Uvicorn closes its port at once. Here it stays open while work is in flight: /health tells whoever balances load
    that this server drains, and new work is refused with words instead of by a closed port.
    """

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        limits = Limits(settings)
        limits.make_room()
        super().__init__(
            uvicorn.Config(
                app,
                # Uvicorn only calls it.
                http=cast(Any, partial(Connection, limits=limits)),
                ws="none",
                host=settings.host,
                port=settings.gateway_port,
                log_config=None,
                access_log=False,
                server_header=False,
                # The application does that itself, for TRUSTED_PROXIES.
                proxy_headers=False,
                timeout_graceful_shutdown=settings.shutdown_timeout,
            )
        )
        self._admission = app.state.admission
        self._seconds = settings.shutdown_timeout
        self._drained_by: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take no more work."""
        self._admission.close()
        super().handle_exit(sig, frame)
        if not self.started:
            return
        if self._drained_by is None:
            self._drained_by = time.monotonic() + self._seconds
            self.should_exit = False
        else:
            self.force_exit = True

    async def on_tick(self, counter: int) -> bool:
        """Whether to close the port now; uvicorn then waits for answers on their way, for as long as is left."""
        if self._drained_by is not None:
            left = self._drained_by - time.monotonic()
            self.config.timeout_graceful_shutdown = max(1, math.ceil(left))
            if left <= 0 or not self._admission.in_flight:
                self.should_exit = True
        return await super().on_tick(counter)
