"""The gateway as a child process."""

from __future__ import annotations

import enum
import os
import signal
import sys
import threading

import httpx2

from supervisor.addresses import authority
from supervisor.child import Child
from supervisor.settings import Settings


class Health(enum.Enum):
    """The state that the gateway's /health tells."""

    ABLE = enum.auto()
    """Pages can be read."""
    BLOCKED = enum.auto()
    """Pages can't be read, for a reason that lies outside: the server at VLM_URL."""
    UNABLE = enum.auto()
    """Triton, or one of its models, does not answer a canary inference."""
    STOPPING = enum.auto()
    """The gateway is on its way out."""
    SILENT = enum.auto()
    """The gateway itself does not answer."""


class Gateway:
    """Starts and stops `python -m gateway`, whose log goes where ours goes."""

    name = "the gateway"

    def __init__(self, settings: Settings, triton_url: str) -> None:
        self._settings = settings
        self._triton_url = triton_url
        self._variables = dict(os.environ)
        self._child: Child | None = None
        self.url = f"http://{authority(settings.host, settings.gateway_port)}"

    @property
    def pid(self) -> int | None:
        """The process id; None before the first start."""
        return self._child.pid if self._child else None

    def start(self) -> None:
        """Start it; it listens within seconds, and answers 503 while Triton is not there."""
        # Left alone it lets requests in flight end, and takes its rendering processes along.
        self._child = Child(
            [sys.executable, "-m", "gateway"],
            env={
                **self._variables,
                "HOST": self._settings.host,
                "GATEWAY_PORT": str(self._settings.gateway_port),
                "TRITON_URL": self._triton_url,
            },
            orphan_signal=signal.SIGTERM,
        )

    def ending(self) -> str | None:
        """How it ended, to follow its name in a sentence; None while it runs."""
        return self._child.ending() if self._child else "was not started"

    def is_ready(self, http: httpx2.Client) -> bool:
        """Whether pages can be read through it, or could be if VLM_URL let them."""
        return self.health(http) in (Health.ABLE, Health.BLOCKED)

    def health(self, http: httpx2.Client) -> Health:
        """What its /health says, found by an inference on each model; waits at most CANARY_TIMEOUT."""
        try:
            answer = http.get(f"{self.url}/health", timeout=self._settings.canary_timeout)
        except httpx2.TransportError:
            return Health.SILENT
        if answer.is_success:
            return Health.ABLE
        states = {"draining": Health.STOPPING, "blocked": Health.BLOCKED}
        return states.get(answer.json().get("status"), Health.UNABLE)

    def progress(self) -> str:
        """What it does before it is ready."""
        return "canary inferences"

    def stall(self) -> str | None:
        """Nothing: it loads no models."""
        return None

    def reason(self) -> str:
        """Nothing: its log went where ours goes."""
        return "  (its reason stands above)"

    def stop(self, seconds: float, hurry: threading.Event) -> None:
        """Let requests in flight end for at most `seconds`, or until `hurry`; then kill it."""
        if self._child:
            self._child.stop(seconds, hurry)
            self._child = None
