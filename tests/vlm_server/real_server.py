"""`transformers serve` on a folder of weights: a real OpenAI-compatible server of PaddleOCR-VL, on a CPU."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import httpx2

PROGRAM = Path(__file__).parents[2] / ".vlm-server" / "bin" / "transformers"
_START_SECONDS = 120.0
_STOP_SECONDS = 20.0


class RealServer:
    """Serves one model; `model` is the name by which it must be asked."""

    def __init__(self, weights: Path, folder: Path, port: int) -> None:
        self.model = str(weights)
        self.url = f"http://127.0.0.1:{port}/v1"
        self.log = folder / "server.log"
        self._port = port
        self._cache = folder / "cache"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers; without a network it must do with the folder of weights."""
        if not PROGRAM.exists():
            raise FileNotFoundError(f"{PROGRAM} is missing: run `make setup-test`")
        # It lists the models of this cache, and fails where there is none.
        (self._cache / "hub").mkdir(parents=True, exist_ok=True)
        command = [str(PROGRAM), "serve", self.model, "--device", "cpu", "--dtype", "float32"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--port", str(self._port)],
                env={**os.environ, "HF_HOME": str(self._cache), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "2"},
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + _START_SECONDS
        with httpx2.Client(trust_env=False) as http:
            while not self._answers(http):
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise RuntimeError(f"transformers serve did not come up:\n{self.log.read_text()[-3000:]}")
                time.sleep(0.2)

    def kill(self) -> None:
        """End it at once, whatever it is at."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None

    def _answers(self, http: httpx2.Client) -> bool:
        try:
            return http.get(self.url.removesuffix("/v1") + "/health").is_success
        except httpx2.TransportError:
            return False
