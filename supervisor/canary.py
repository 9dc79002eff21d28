"""Canary inferences: the only sign of a model that hangs."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

import httpx2

from supervisor.gateway import Health
from supervisor.settings import Settings


class Probe(Protocol):
    """Whoever knows the health of the servers: the gateway, or inferences on Triton itself."""

    def health(self, http: httpx2.Client) -> Health:
        """The state now."""


class Canary:
    """Asks for the health every CANARY_INTERVAL, beside the thread that watches."""

    def __init__(self, settings: Settings, probe: Probe) -> None:
        self._settings = settings
        self._probe = probe
        self._http = httpx2.Client(trust_env=False)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="canary")
        self._asked: Future[Health] | None = None
        self._next = 0.0
        self._failed: dict[Health, int] = {}

    def sing(self) -> Health | None:
        """Ask if it is time to; return UNABLE or SILENT once it came CANARY_FAILURES times in a row, else None."""
        if self._asked is None and time.monotonic() >= self._next:
            self._next = time.monotonic() + self._settings.canary_interval
            self._asked = self._thread.submit(self._probe.health, self._http)
        if self._asked is None or not self._asked.done():
            return None
        health, self._asked = self._asked.result(), None
        is_failure = health in (Health.UNABLE, Health.SILENT)
        self._failed = {health: self._failed.get(health, 0) + 1} if is_failure else {}
        return health if self._failed.get(health, 0) >= self._settings.canary_failures else None

    def forget(self) -> None:
        """Start counting anew: one of the servers was restarted."""
        self._failed = {}
        self._next = time.monotonic() + self._settings.canary_interval
        self._asked = None

    def close(self) -> None:
        """End its thread; an answer that is still awaited is waited for."""
        self._thread.shutdown(cancel_futures=True)
        self._http.close()
