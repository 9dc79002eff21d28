"""What Triton and the gateway have in common for whoever starts and stops them."""

from __future__ import annotations

import threading
from typing import Protocol

import httpx2


class Server(Protocol):
    """A server in a child process."""

    name: str
    """What it is called in a sentence."""

    def start(self) -> None:
        """Start it. Raises StartFailed where that is not even possible."""

    def is_ready(self, http: httpx2.Client) -> bool:
        """Whether it does its work; asked through `http`."""

    def ending(self) -> str | None:
        """How it ended, to follow its name in a sentence; None while it runs."""

    def progress(self) -> str:
        """What it does before it is ready."""

    def stall(self) -> str | None:
        """What hangs before it is ready, as a sentence; None where nothing does."""

    def reason(self) -> str:
        """Why it did not become ready: indented lines."""

    def stop(self, seconds: float, hurry: threading.Event) -> None:
        """Let its work end for at most `seconds`, or until `hurry`; then kill it."""
