"""The product as an isolated machine has it: the folder of a kit, and the containers that Compose makes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil

from tests.containers.engine import Engine
from tests.waiting import until

RECOVERY_SECONDS = 150


@dataclass(frozen=True)
class Product:
    """Triton and the gateway in containers."""

    engine: Engine
    kit: Path
    url: str
    """The gateway's address."""

    def compose(self, *words: str, timeout: float = 300) -> str:
        """Run Compose in the kit's folder."""
        return self.engine.run("docker-compose", *words, cwd=self.kit, timeout=timeout)

    def container(self, service: str) -> str:
        """The id of a service's container."""
        return self.compose("ps", "--all", "--quiet", service).strip()

    def inspect(self, service: str) -> dict:
        """All that the engine knows of a service's container."""
        (found,) = json.loads(self.engine.run("docker", "inspect", self.container(service)))
        return found

    def first_process(self, service: str) -> psutil.Process:
        """The process with the number 1 in a service's container, as the machine sees it."""
        return psutil.Process(self.inspect(service)["State"]["Pid"])

    def process(self, service: str, is_it: Callable[[list[str]], bool]) -> psutil.Process:
        """The process in a service's container whose command `is_it` knows."""
        return next(found for found in self.first_process(service).children(recursive=True) if is_it(found.cmdline()))

    def execute(self, service: str, *command: str) -> str:
        """Run a command in a service's container."""
        return self.engine.run("docker", "exec", self.container(service), *command)

    def is_healthy(self) -> bool:
        """Whether the gateway says that pages can be read."""
        try:
            return httpx2.get(f"{self.url}/health", timeout=40, trust_env=False).status_code == 200
        except httpx2.TransportError:
            return False

    def until_healthy(self) -> None:
        """Wait until pages can be read."""
        until(self.is_healthy, RECOVERY_SECONDS, told=lambda: self.compose("logs", "--tail", "40", "triton"))
