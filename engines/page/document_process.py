"""Documents put together in a process of their own, which can be ended: PaddleX looks at no clock."""

from __future__ import annotations

import math
import os
import socket
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import engines
from engines.errors import DeadlineExceeded, InvalidInput, ModelUnavailable, from_wire
from engines.page.document_options import DocumentOptions
from engines.page.document_worker import MOST_SECONDS

_START_SECONDS = 60.0
"""For imports that take 3 seconds where a core is free."""
_PACKAGES = str(Path(engines.__file__).parents[1])


class DocumentProcess:
    """One `engines.page.document_worker`, started anew whenever a document was its end; not thread-safe.

    A document that takes too long, or that kills it, ends the process and nothing else. An exception raised by a signal
    would not do: libraries call back from where exceptions are dropped.
    """

    def __init__(self, most_seconds: float = MOST_SECONDS, worker: str = "engines.page.document_worker") -> None:
        self._most_seconds = most_seconds
        self._worker = worker
        self._ready = False
        self._begin()

    def start(self) -> None:
        """Wait until the process takes documents; another one, where this one is gone. Raises ModelUnavailable."""
        if self._ready and self._process.poll() is not None:
            self._renew()
        if self._ready:
            return
        try:
            self._ready = self._connection.poll(_START_SECONDS) and self._connection.recv_bytes() == b""
        except (EOFError, OSError):
            self._ready = False
        if not self._ready:
            self._renew()
            raise ModelUnavailable("the process that puts documents together did not start; Triton's log tells more")

    def restructure(self, pages: bytes, options: DocumentOptions) -> bytes:
        """The pages' results (a JSON list of `prunedResult` objects) joined and levelled.

        Returns a JSON list of `{prunedResult, markdown}`.

        Raises:
            InvalidInput: `pages` is something else, or takes too long or too much memory.
            DeadlineExceeded: the options' deadline passed.
            ModelUnavailable: the process can't be started.
        """
        self.start()
        left = math.inf if options.deadline is None else options.deadline - time.time()
        if left <= 0:
            raise _too_late()
        try:
            self._connection.send_bytes(pages)
            self._connection.send_bytes(options.model_dump_json(by_alias=True).encode())
            if not self._connection.poll(min(self._most_seconds, left)):
                self._renew()
                raise _too_late() if left <= self._most_seconds else self._too_long()
            error, results = self._connection.recv_bytes(), self._connection.recv_bytes()
        except (EOFError, OSError):
            self._renew()
            raise InvalidInput(
                "PAGES was the end of the process that put it together: send fewer pages, or mergeTables off"
            ) from None
        if error:
            raise from_wire(error.decode())
        return results

    def close(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._connection.close()

    def _renew(self) -> None:
        self.close()
        self._begin()

    def _begin(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self._worker, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (_PACKAGES, os.getenv("PYTHONPATH"))))},
            )
        self._connection = Connection(ours.detach())
        self._ready = False

    def _too_long(self) -> InvalidInput:
        seconds = f"{self._most_seconds:g} seconds"
        return InvalidInput(f"PAGES takes more than {seconds} to put together: send fewer pages, or mergeTables off")


def _too_late() -> DeadlineExceeded:
    return DeadlineExceeded("the deadline passed before the pages were put together")
