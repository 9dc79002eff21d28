"""One rendering process, seen from the gateway."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import gateway
from gateway.error_status import BY_CODE
from gateway.errors import InvalidRequest, LimitExceeded, RenderFailed
from gateway.pages.raster import PageImage
from gateway.pages.worker import Command

_START_SECONDS = 20.0
"""How long a process may take to start: its imports take 0.1 s, and far more where no core is free."""

_STALLED_SECONDS = 10
"""How long an answer that has begun may pause."""
_LONGEST_HEAD = 1 << 16
_LONGEST_PIXEL = 4
"""Bytes. A page of noise takes three a pixel as JPEG; what is longer is no page of MAX_PAGE_PIXELS."""
_MORE = 1 << 20
"""Bytes beside the pixels."""
_PACKAGES = str(Path(gateway.__file__).parents[1])
"""Where this package lies, so that the process runs the same code wherever it was installed."""


class RendererCrashed(RenderFailed):
    """The process died; whatever it held is gone."""


class RendererTimedOut(RenderFailed):
    """The process did not answer in time and was killed."""


class RendererProcess:
    """A long-lived process that draws pages, one at a time; not thread-safe.

    It is a fresh interpreter with an environment of nothing but PATH, not a fork: no memory of the gateway is in it,
    and it shares one socket with it.
    """

    def __init__(self, memory_bytes: int) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gateway.pages.worker", str(theirs.fileno()), str(memory_bytes)],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "PYTHONPATH": _PACKAGES},
                # A session of its own: Ctrl-C does not reach it, and all that it starts can be killed with it.
                start_new_session=True,
            )
        # A message that stops half-way is a crash too.
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", _STALLED_SECONDS, 0))
        self._connection = Connection(ours.detach())
        self.served = 0
        self.last_path: str | None = None
        self.offline: bool | None = None
        """Whether the process can open no socket; None before it has started."""
        self.apart: bool | None = None
        """Whether it can change no file, and look into no other process; None before it has started."""

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs; one that nobody asked anything can be gone too, for want of memory."""
        return self._process.poll() is None

    def start(self) -> None:
        """Wait until the process takes commands; raises RendererCrashed or RendererTimedOut."""
        if self.offline is None:
            given_up = self._head(_START_SECONDS)
            self.offline, self.apart = (given_up.get(name) is True for name in ("offline", "apart"))

    def page_count(self, command: Command) -> int:
        """The number of pages of a document.

        Raises the error of the file, RendererCrashed or RendererTimedOut.
        """
        return _number(self._ask(command), "pages")

    def page(self, command: Command) -> PageImage:
        """One page; its `data` is None when the document's own bytes will do.

        Raises the error of the file, RendererCrashed or RendererTimedOut.
        """
        head = self._ask(command)
        width, height = _number(head, "width"), _number(head, "height")
        warnings = tuple(str(text) for text in head.get("warnings", ()))
        if head.get("as_is") is True:
            return PageImage(None, width, height, warnings)
        data = self._receive(command["seconds"], command["max_pixels"] * _LONGEST_PIXEL + _MORE)
        return PageImage(data, width, height, warnings)

    def kill(self) -> None:
        """End the process and all that it started; a thread that waits for its answer gets RendererCrashed."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Kill the process, and give back what the gateway holds of it; by the one thread that uses it."""
        self.kill()
        self._process.wait()
        self._connection.close()

    def _ask(self, command: Command) -> dict[str, Any]:
        self.start()
        self.last_path = command["path"]
        self.served += 1
        try:
            self._connection.send_bytes(json.dumps(command).encode())
        except OSError:
            raise _crashed() from None
        head = self._head(command["seconds"])
        if "error" in head:
            kind = BY_CODE.get(str(head["error"]), RenderFailed)
            if not issubclass(kind, (InvalidRequest, LimitExceeded)):
                kind = RenderFailed
            param = head.get("param")
            raise kind(str(head.get("message")), param=None if param is None else str(param))
        return head

    def _head(self, seconds: float) -> dict[str, Any]:
        """The JSON object that an answer begins with; a process that sends anything else is out of its mind."""
        try:
            head = json.loads(self._receive(seconds, _LONGEST_HEAD))
        except (ValueError, RecursionError):
            raise _crashed() from None
        if not isinstance(head, dict):
            raise _crashed()
        return head

    def _receive(self, seconds: float, longest: int) -> bytes:
        try:
            if not self._connection.poll(seconds):
                raise timed_out(seconds)
            return self._connection.recv_bytes(longest)
        except (EOFError, OSError):
            raise _crashed() from None


def timed_out(seconds: float) -> RendererTimedOut:
    """The error that tells that so many seconds were too few."""
    return RendererTimedOut(f"drawing it took longer than {seconds:g} seconds: RENDER_TIMEOUT raises that")


def _number(head: dict[str, Any], name: str) -> int:
    value = head.get(name)
    if not isinstance(value, int) or value < 1:
        raise _crashed()
    return value


def _crashed() -> RendererCrashed:
    return RendererCrashed("the process that drew it died of it")
