"""One container on no network at all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.containers.engine import Engine

_OPTIONS = ("--network=none", "--read-only", "--tmpfs=/tmp", "--shm-size=512m", "--cap-drop=ALL")
_SECONDS = 180


@contextmanager
def alone(engine: Engine, image: str, *options: str) -> Iterator[str]:
    """A container of a Triton image, by its id."""
    container = engine.run("docker", "run", "--detach", *_OPTIONS, *options, image).strip()
    try:
        yield container
    finally:
        engine.run("docker", "stop", container)
        engine.run("docker", "rm", container)


def until_able(engine: Engine, container: str) -> None:
    """Wait until each of its models answers an inference."""
    deadline = time.monotonic() + _SECONDS
    check = ("docker", "exec", container, "python", "-m", "supervisor.healthcheck")
    while (outcome := engine.outcome(*check)) != (0, "able\n"):
        assert time.monotonic() < deadline, f"{outcome[1]}\n{engine.outcome('docker', 'logs', container)[1]}"
        time.sleep(0.5)
