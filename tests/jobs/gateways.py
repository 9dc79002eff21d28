"""Gateways as processes that share jobs, and what a client sees of them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2

from tests.unit.gateway.conftest import as_json
from tests.unit.gateway.documents import encoded, picture
from tests.unit.gateway.gateway_process import free_port
from tests.waiting import until

Job = dict[str, Any]

PAGE = as_json(encoded(picture()))
ENDED = ("done", "failed", "cancelled")


class Gateway:
    """One process; `settings` are its environment."""

    def __init__(self, log: Path, **settings: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._log = log.open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gateway"],
            env={**os.environ, "GATEWAY_PORT": str(port), "RENDER_WORKERS": "1", **settings},
            stderr=self._log,
        )
        until(self._answers)

    def post(self, **fields: Any) -> httpx2.Response:
        return httpx2.post(f"{self.url}/jobs", json={**PAGE["json"], **fields}, timeout=30)

    def submit(self, **fields: Any) -> str:
        answer = self.post(**fields)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def get(self, path: str) -> httpx2.Response:
        return httpx2.get(f"{self.url}{path}", timeout=30)

    def job(self, job_id: str) -> Job:
        answer = self.get(f"/jobs/{job_id}")
        assert answer.status_code == 200, answer.text
        job: Job = answer.json()
        return job

    def counted(self, line: str) -> bool:
        """Whether the metrics have this line."""
        return line in self.get("/metrics").text.splitlines()

    def kill(self) -> None:
        """As the kernel does when memory is short."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        self.kill()
        self._log.close()

    def _answers(self) -> bool:
        assert self.process.poll() is None, "the gateway ended at its start: see its log"
        try:
            return self.get("/livez").status_code == 200
        except httpx2.TransportError:
            return False


def has(gateway: Gateway, job_id: str, *wanted: str) -> Callable[[], bool]:
    return lambda: gateway.job(job_id)["status"] in wanted
