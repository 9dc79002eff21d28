"""One container on no network at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.containers.engine import Engine
from tests.waiting import until

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
    check = ("docker", "exec", container, "python", "-m", "supervisor.healthcheck")
    until(
        lambda: engine.outcome(*check) == (0, "able\n"),
        _SECONDS,
        told=lambda: engine.outcome("docker", "logs", container)[1],
    )
