"""Triton and the gateway as one thing that is started, watched and stopped."""

from __future__ import annotations

import fcntl
import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import IO

import httpx2

from supervisor import addresses
from supervisor.addresses import authority
from supervisor.errors import AlreadyRunning, StartFailed
from supervisor.gateway import Gateway
from supervisor.restarts import Restarts
from supervisor.server import Server
from supervisor.settings import Settings
from supervisor.triton import Triton
from supervisor.triton_health import TritonHealth
from supervisor.watch import Fault, Watch

logger = logging.getLogger("supervisor")

_POLL_SECONDS = 0.25
_TELL_SECONDS = 3.0
"""How often a wait says that it still waits."""
_ANSWER_SECONDS = 2.0
"""How long a server may take to say that it is ready."""
_BROKEN_SECONDS = 3.0
"""How long a server that is broken, or not ready yet, may take to end: what it has in flight waits in vain."""
_MARGIN_SECONDS = 5.0
"""What a server may take beyond SHUTDOWN_TIMEOUT, after which it should end by itself."""
_HEAR_SECONDS = 0.5
"""How long the main thread waits at a time, see `_wait_for`."""


class _StopRequested(Exception):
    """The stack was told to stop while it waited for something."""


class Stack:
    """Both servers, ready between `with Stack(settings) as stack:` and the end of the block.

    With `only_triton` Triton alone, for a gateway that runs elsewhere.
    One thread starts, watches and stops them: children are told to die with the thread that started them.
    """

    def __init__(self, settings: Settings, *, only_triton: bool = False) -> None:
        self.settings = settings
        self.only_triton = only_triton
        self._triton = Triton(settings)
        self._gateway = Gateway(settings, self._triton.url)
        # In the order of their starts.
        self._servers: tuple[Server, ...] = (self._triton,) if only_triton else (self._triton, self._gateway)
        self._restarts = Restarts(settings)
        self._stop = threading.Event()
        self._hurry = threading.Event()
        self._ready = threading.Event()
        self._over = threading.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="stack")
        self._ended: Future[None] | None = None
        self._lock: IO[str] | None = None

    def __enter__(self) -> Stack:
        """Start the servers and wait until a page can be read; with `only_triton`, until every model says so.

        Raises:
            PortUnavailable: an address can't be listened on; nothing was started.
            AlreadyRunning: RUN_DIR is another supervisor's; nothing was started.
            StartFailed: a server did not come up; everything is stopped again.
        """
        addresses.check(self.settings, only_triton=self.only_triton)
        self._lock = self._take_run_dir()
        self._ended = self._thread.submit(self._run)
        self._ended.add_done_callback(self._end_waits)
        try:
            _wait_for(self._ready)
            if self._ended.done():
                self._ended.result()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop the servers, the gateway first, whose requests in flight end."""
        self._close()

    def wait(self) -> None:
        """Wait until the stack is stopped from elsewhere.

        Raises:
            GaveUp: a server failed too often.
        """
        if self._ended:
            _wait_for(self._over)
            self._ended.result()

    def kill(self) -> None:
        """Stop without waiting for requests in flight."""
        self._hurry.set()
        self._stop.set()

    @property
    def gateway_url(self) -> str:
        """The gateway's address."""
        return self._gateway.url

    @property
    def triton_url(self) -> str:
        """Triton's HTTP address."""
        return self._triton.url

    @property
    def triton_grpc(self) -> str:
        """Triton's gRPC address, host:port."""
        return authority(self.settings.triton_host, self.settings.triton_grpc_port)

    @property
    def metrics_url(self) -> str:
        """Triton's metrics."""
        return f"http://{authority(self.settings.triton_host, self.settings.triton_metrics_port)}/metrics"

    @property
    def gateway_pid(self) -> int | None:
        """The gateway's process id; None while it is not running."""
        return self._gateway.pid

    @property
    def triton_pid(self) -> int | None:
        """Triton's process id; None while it is not running."""
        return self._triton.pid

    @property
    def restarts(self) -> int:
        """How often a server was restarted."""
        return self._restarts.total

    def _take_run_dir(self) -> IO[str]:
        """Lock RUN_DIR for as long as the file is open; the kernel unlocks it however we end."""
        folder = self.settings.run_dir
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise AlreadyRunning(
                f"a supervisor is already running in {folder}: set RUN_DIR to another folder."
            ) from None
        return lock

    def _end_waits(self, _ended: Future[None]) -> None:
        self._over.set()
        self._ready.set()

    def _close(self) -> None:
        self._stop.set()
        _wait_for(self._over)
        self._thread.shutdown()
        if self._lock:
            self._lock.close()

    def _run(self) -> None:
        probe = TritonHealth(self.settings) if self.only_triton else self._gateway
        watch = Watch(self.settings, self._triton, self._servers, probe)
        try:
            self._start()
            watch.begin()
            self._ready.set()
            while True:
                self._pause(self.settings.watch_interval)
                self._tell_errors()
                if fault := watch.look():
                    self._cure(fault)
                    watch.begin()
        except _StopRequested:
            pass
        finally:
            # Nothing is in flight before it is ready, and Triton does not hear SIGTERM while it loads models.
            seconds = self.settings.shutdown_timeout + _MARGIN_SECONDS if self._ready.is_set() else _BROKEN_SECONDS
            # The gateway first: its requests in flight need Triton.
            for server in reversed(self._servers):
                server.stop(seconds, self._hurry)
            watch.close()

    def _start(self) -> None:
        # Both take seconds to import their packages: at once.
        for server in self._servers:
            server.start()
        for server in self._servers:
            self._await(server)
        self._tell_errors()

    def _cure(self, fault: Fault) -> None:
        """Restart whichever server is at fault until pages can be read again.

        Raises:
            GaveUp: too many restarts.
        """
        found: Fault | None = fault
        while found:
            server, delay = found.server, self._restarts.next_delay()
            logger.error("%s: restarting %s%s", found.sentence, server.name, f" in {delay:g} s" if delay else "")
            server.stop(_BROKEN_SECONDS, self._hurry)
            self._pause(delay)
            found = self._restart(server)
            if not found:
                logger.info("%s is ready again", server.name)

    def _restart(self, server: Server) -> Fault | None:
        """Start a server and wait for all; return what went wrong, with the server that it went wrong with."""
        failing = server
        try:
            server.start()
            for failing in self._servers:
                self._await(failing)
        except StartFailed as error:
            return Fault(failing, str(error))
        return None

    def _await(self, server: Server) -> None:
        """Wait until a server is ready, and say so every few seconds.

        Raises:
            StartFailed: it ended, it hangs, or START_TIMEOUT passed.
        """
        limit = self.settings.start_timeout
        start = time.monotonic()
        tell_at = 0.0
        with httpx2.Client(timeout=_ANSWER_SECONDS, trust_env=False) as http:
            while True:
                waited = time.monotonic() - start
                if waited >= tell_at:
                    logger.info("waiting for %s: %s … %.0f s", server.name, server.progress(), waited)
                    tell_at = waited + _TELL_SECONDS
                if server.is_ready(http):
                    return
                if ending := server.ending():
                    raise StartFailed(f"{server.name} {ending} before it was ready\n{server.reason()}")
                if stall := server.stall():
                    raise StartFailed(f"{server.name} was not ready: {stall}\n{server.reason()}")
                if waited > limit:
                    raise StartFailed(
                        f"{server.name} was not ready within {limit:g} seconds (START_TIMEOUT): {server.progress()}\n"
                        f"{server.reason()}"
                    )
                self._pause(_POLL_SECONDS)

    def _tell_errors(self) -> None:
        for error in self._triton.log.take_errors():
            logger.error("Triton: %s", error)

    def _pause(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise _StopRequested


def _wait_for(event: threading.Event) -> None:
    """Wait, in the main thread, so that signals are heard.

    A signal that comes just before a wait does not wake it, and Python runs its handler only when the wait is over:
    no wait is a long one.
    """
    while not event.wait(_HEAR_SECONDS):
        pass
