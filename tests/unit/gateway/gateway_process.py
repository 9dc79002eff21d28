"""The gateway as a process of its own, as tests start it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def gateway(**environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway"],
        env={**os.environ, "GATEWAY_PORT": str(port), "LOG_FORMAT": "json", **environment},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate()


def until(condition: Callable[[], bool]) -> None:
    for _ in range(400):
        if condition():
            return
        time.sleep(0.02)
    raise TimeoutError


def wait_for(url: str) -> Any:
    for _ in range(200):
        try:
            with urlopen(url) as response:
                return json.load(response)
        except (URLError, ConnectionError):
            time.sleep(0.05)
    raise TimeoutError(url)
