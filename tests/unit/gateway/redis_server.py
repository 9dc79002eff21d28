"""A real Redis for a test, on a socket of its own."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError as RedisIsAway


@contextmanager
def redis_server(socket: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Redis listening on `socket`, until the end of the block."""
    command = ["redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--dir", socket.parent]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            with Redis(unix_socket_path=str(socket)) as client:
                _wait_for(client)
            yield process
        finally:
            process.kill()


def _wait_for(client: Redis) -> None:
    for _ in range(200):
        try:
            client.ping()
        except (RedisIsAway, OSError):
            time.sleep(0.05)
        else:
            return
    raise TimeoutError
