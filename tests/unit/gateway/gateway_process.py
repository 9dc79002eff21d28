"""The gateway as a process of its own, as tests start it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from tests.waiting import until


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def gateway(*prefix: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process, begun by the program `prefix` if there is one, and its address."""
    port = free_port()
    process = subprocess.Popen(
        [*prefix, sys.executable, "-m", "gateway"],
        env={**os.environ, "GATEWAY_PORT": str(port), "LOG_FORMAT": "json", **environment},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate()


def wait_for(url: str) -> Any:
    """What stands at `url`, JSON, once somebody answers there."""

    def ask() -> Any:
        try:
            with urlopen(url) as response:
                return json.load(response)
        except (URLError, ConnectionError):
            return None

    return until(ask)
