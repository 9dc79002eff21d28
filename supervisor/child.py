"""A child process that can't outlive the supervisor."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import psutil

_POLL_SECONDS = 0.05


class Child:
    """A process in a session of its own, so that a Ctrl-C in the terminal reaches the supervisor alone.

    The kernel sends it `orphan_signal` when the thread that started it ends: start it from one that lives as long.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str],
        output: IO[bytes] | None = None,
        orphan_signal: signal.Signals = signal.SIGKILL,
    ) -> None:
        """Start it; `output` takes its stdout and stderr, which are ours otherwise.

        setpriv (util-linux) sets the signal and becomes the command. The same from `preexec_fn` is not safe in a
        process with threads.
        """
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", orphan_signal.name.removeprefix("SIG"), "--", *map(str, command)],
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def ending(self) -> str | None:
        """How it ended, to follow its name in a sentence; None while it runs."""
        status = self._process.poll()
        if status is None:
            return None
        if status < 0:
            return f"was killed by {signal.Signals(-status).name}"
        return f"exited with status {status}"

    @property
    def exit_status(self) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""
        return self._process.poll()

    def children(self, name: str) -> list[psutil.Process]:
        """Its living child processes of that name."""
        try:
            return [child for child in psutil.Process(self.pid).children() if _is_alive(child, name)]
        except psutil.NoSuchProcess:
            return []

    def stop(self, seconds: float, hurry: threading.Event) -> bool:
        """Send SIGTERM, and SIGKILL after `seconds` or once `hurry` is set; take along what it left behind.

        Returns whether it ended by itself.
        """
        deadline = time.monotonic() + seconds
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        while self._process.poll() is None and time.monotonic() < deadline and not hurry.is_set():
            hurry.wait(_POLL_SECONDS)
        ended = self._process.poll() is not None
        # The group outlives its leader for as long as one of its processes does.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        return ended


def _is_alive(process: psutil.Process, name: str) -> bool:
    try:
        return process.name() == name and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
