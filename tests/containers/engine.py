"""A Docker engine of the tests' own: its data, network and socket are nobody else's, and it ends with them."""

from __future__ import annotations

import fcntl
import ipaddress
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.conftest import ROOT

START_SECONDS = 60
_PROGRAMS = ("dockerd", "runc", "mmdebstrap")
_CLIENT_FOLDERS = ("/usr/bin", "/usr/local/bin")
"""The distribution's client first: it is of the engine's age."""


class CannotStart(Exception):
    """No engine runs on this machine; the message says why."""


@dataclass(frozen=True)
class Engine:
    """A running engine, and the environment that makes commands talk to it."""

    environment: Mapping[str, str]
    volumes: Path
    """Where it keeps its volumes."""

    def run(self, *command: str | Path, timeout: float = 600, cwd: Path = ROOT, **variables: str) -> str:
        """What a command prints; it must succeed."""
        status, output = self.outcome(*command, timeout=timeout, cwd=cwd, **variables)
        assert status == 0, f"{' '.join(map(str, command))}: exit status {status}\n{output[-4000:]}"
        return output

    def outcome(
        self, *command: str | Path, timeout: float = 600, cwd: Path = ROOT, **variables: str
    ) -> tuple[int, str]:
        """The exit status of a command, and all that it prints."""
        done = subprocess.run(
            [str(word) for word in command],
            env={**self.environment, **variables},
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
        )
        return done.returncode, done.stdout.decode(errors="replace")


@contextmanager
def running(data: Path) -> Iterator[Engine]:
    """An engine that keeps its images and containers in `data`; containers that still run are stopped at the end.

    Raises CannotStart.
    """
    _check_machine()
    data.mkdir(parents=True, exist_ok=True)
    # The names of sockets must be short.
    with (data.with_suffix(".lock")).open("w") as lock, tempfile.TemporaryDirectory(prefix="dockerd-") as scratch:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = Path(scratch)
        log = folder / "log"
        with log.open("wb") as output:
            daemon = subprocess.Popen(_command(data, folder), stdout=output, stderr=subprocess.STDOUT)
        engine = Engine(_environment(folder), data / "volumes")
        try:
            _await(engine, daemon, log)
            yield engine
        finally:
            # What Compose took down is gone; a test that failed can have left networks.
            engine.outcome("docker", "network", "prune", "--force")
            daemon.terminate()
            daemon.wait(60)


def _check_machine() -> None:
    if os.geteuid() != 0:
        raise CannotStart("only root can start a Docker engine")
    if missing := [program for program in _PROGRAMS if shutil.which(program) is None]:
        raise CannotStart(f"{', '.join(missing)} missing: `make setup-test` installs the packages")
    if not (Path(sys.executable).parent / "docker-compose").exists():
        raise CannotStart("Compose is missing: its package needs Python 3.11 or newer")


def _command(data: Path, folder: Path) -> list[str | Path]:
    return [
        "dockerd",
        f"--data-root={data}",
        f"--exec-root={folder / 'exec'}",
        f"--pidfile={folder / 'pid'}",
        f"--host=unix://{folder / 'socket'}",
        # The machine's firewall is left alone: containers reach each other and published ports, and nothing outside.
        "--iptables=false",
        "--ip6tables=false",
        "--bridge=none",
        f"--default-address-pool=base={_free_network()},size=24",
    ]


def _environment(folder: Path) -> dict[str, str]:
    path = [str(Path(sys.executable).parent), *_CLIENT_FOLDERS, os.environ["PATH"]]
    return {
        "PATH": os.pathsep.join(path),
        "HOME": str(folder),
        "DOCKER_HOST": f"unix://{folder / 'socket'}",
        "DOCKER_BUILDKIT": "1",
        "COMPOSE": "docker-compose",
    }


def _await(engine: Engine, daemon: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while engine.outcome("docker", "version")[0] != 0:
        if daemon.poll() is not None or time.monotonic() > deadline:
            raise CannotStart(f"dockerd does not start here:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.2)


def _free_network() -> str:
    """A private network that no interface of this machine lies in."""
    taken = [
        ipaddress.ip_address(address.address)
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family.name == "AF_INET"
    ]
    networks = (ipaddress.ip_network(f"10.{number}.0.0/16") for number in range(201, 255))
    return str(next(network for network in networks if not any(address in network for address in taken)))
