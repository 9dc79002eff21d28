"""A real Redis for a test, on a socket of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError as RedisIsAway

from tests.waiting import until


@contextmanager
def redis_server(socket: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Redis listening on `socket`, until the end of the block."""
    command = ["redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--dir", socket.parent]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            with Redis(unix_socket_path=str(socket)) as client:
                until(lambda: is_there(client))
            yield process
        finally:
            process.kill()


def is_there(client: Redis) -> bool:
    """Whether the server answers."""
    try:
        return bool(client.ping())
    except (RedisIsAway, OSError):
        return False
