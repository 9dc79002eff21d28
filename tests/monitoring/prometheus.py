"""A real Prometheus on a free port.

with running(configuration, folder) as prometheus:
    prometheus.ask("up")
"""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx

from tests.waiting import until

PROGRAM = "prometheus"
"""What must be on the PATH, with promtool; `make setup-test` installs the package of the same name."""


class Prometheus:
    """One server at `url`."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=30)

    def ask(self, expression: str) -> list[Any]:
        """The series that an expression gives now; one that can't be parsed fails."""
        answer = self._http.get("/api/v1/query", params={"query": expression}).json()
        assert answer["status"] == "success", f"{expression}: {answer.get('error')}"
        series: list[Any] = answer["data"]["result"]
        return series

    def is_ready(self) -> bool:
        try:
            return self._http.get("/-/ready").is_success
        except httpx.TransportError:
            return False

    def close(self) -> None:
        self._http.close()


@contextmanager
def running(configuration: Path, folder: Path) -> Iterator[Prometheus]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    options = [
        f"--config.file={configuration}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
    ]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen([PROGRAM, *options], stderr=log)
    prometheus = Prometheus(f"http://{address}")
    try:
        until(lambda: process.poll() is not None or prometheus.is_ready())
        assert process.poll() is None, (folder / "prometheus.log").read_text()
        yield prometheus
    finally:
        prometheus.close()
        process.kill()
        process.wait()
