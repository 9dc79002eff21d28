"""Ray, connected to or started on this machine, without anything that leaves it."""

from __future__ import annotations

import logging
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.errors import UsageError

LOCAL = "local"
_OBJECT_STORE_BYTES = 128 << 20
"""What passes through Ray are rows of a few hundred bytes; documents and results do not."""
_DATA_THREADS = ("StreamingExecutor-", "ray-data-metadata-prefetch")
"""How names of Ray Data's threads in this process begin, which hold objects of Ray."""
_THREADS_END_WITHIN = 30.0
"""Seconds, each."""

_QUIET = {
    # Usage statistics would go to Ray's makers.
    "RAY_USAGE_STATS_ENABLED": "0",
    # What is worth telling comes as an exception too. Errors of this level warn of actors' arguments, which are the
    # driver's own objects: they are lost with the driver alone.
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    # Says that a future version may not hide GPUs from tasks without any. No task here has one.
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    # Would send this folder to all nodes where uv has started the command.
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    # Counted apart from all other retries, and without end by default.
    "RAY_task_oom_retries": "3",
}


_LOOPBACK = {
    # What its name says of two systems is true of all: Ray takes 127.0.0.1, and listens nowhere else.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    # Other users of this machine reach that too, and whoever reaches Ray runs code with it.
    "RAY_AUTH_MODE": "token",
}


@contextmanager
def connected(address: str, temporary: Path | None) -> Iterator[int]:
    """A connection to the cluster at `address`, or one of this machine alone (LOCAL), which ends with the block.

    Gives the number of its nodes that do work. Raises UsageError.
    """
    if address == LOCAL:
        os.environ.update(_LOOPBACK, RAY_AUTH_TOKEN=secrets.token_hex(32))
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError:
        raise UsageError("ocr archive needs Ray: pip install 'paddleocr-vl-server[cli,archive]'") from None
    try:
        if address == LOCAL:
            ray.init(
                address=LOCAL,
                object_store_memory=_OBJECT_STORE_BYTES,
                _temp_dir=None if temporary is None else str(temporary),
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
        else:
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, OSError, ValueError, RuntimeError) as error:
        raise UsageError(f"Ray can't be started or reached at {address!r}: {error}") from None
    try:
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.print_on_execution_start = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        yield _working_nodes()
    finally:
        _threads_ended()
        ray.shutdown()


def _threads_ended() -> None:
    """Wait for the threads of datasets that are closed; Ray Data itself goes on without them after a few seconds.

    A thread that lets go of an object while Ray shuts down ends the process, with exit code 1 and without a word.
    """
    for thread in threading.enumerate():
        if thread.name.startswith(_DATA_THREADS):
            thread.join(_THREADS_END_WITHIN)


def _working_nodes() -> int:
    import ray

    nodes = ray.nodes()  # type: ignore[no-untyped-call]
    return max(1, len([node for node in nodes if node["Alive"] and node["Resources"].get("CPU")]))
