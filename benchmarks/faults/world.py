"""The product with all of its neighbours: Redis, S3, and an output folder of a size that can be used up."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

from benchmarks.faults.s3_server import S3Server, serving
from benchmarks.running import running_product
from supervisor.stack import Stack

OUTPUT_BYTES = 4 * 2**20
START_SECONDS = 20


class Redis:
    """A redis-server of our own, which can be killed and started again with what it had."""

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"redis://127.0.0.1:{port}/0"
        self._port = port
        self._command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
        self._command += ["--appendonly", "yes", "--appendfsync", "always"]

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        for _ in range(START_SECONDS * 20):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.05)
        raise SystemExit("redis-server does not start: run it by hand to see why")

    def kill(self) -> None:
        """End it as a crash would."""
        self._process.kill()
        self._process.wait()


@dataclass(frozen=True)
class World:
    """What the faults are done to."""

    stack: Stack
    redis: Redis
    s3: S3Server
    output: Path

    def stub(self, model: str) -> psutil.Process:
        """The process of a Triton model."""
        return self._child(self.stack.triton_pid, f"/{model}/")

    def renderer(self) -> psutil.Process:
        """A process that draws pages."""
        return self._child(self.stack.gateway_pid, "gateway.pages.worker")

    def fill_disk(self) -> None:
        """Use up the output folder."""
        with Path(self.output, "filler").open("wb") as file:
            try:
                while file.write(b"\0" * 65536):
                    file.flush()
            except OSError:
                return

    def empty_disk(self) -> None:
        """Make room again."""
        Path(self.output, "filler").unlink()

    def forget_results(self) -> None:
        """Keep what traffic leaves there from filling the folder by itself."""
        for folder in self.output.iterdir():
            if folder.is_dir():
                shutil.rmtree(folder, ignore_errors=True)

    def _child(self, parent: int | None, word: str) -> psutil.Process:
        children = psutil.Process(parent).children(recursive=True)
        return next(child for child in children if any(word in argument for argument in child.cmdline()))


@contextmanager
def world() -> Iterator[World]:
    """Everything running; needs root, which alone can give a folder a size."""
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        output = folder / "output"
        output.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={OUTPUT_BYTES}", "tmpfs", output], check=True)
        opened.callback(partial(subprocess.run, ["umount", "-l", output], check=True))
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        redis = Redis(folder, port)
        redis.start()
        opened.callback(redis.kill)
        s3 = opened.enter_context(serving())
        environment = {
            "OUTPUT_DIR": str(output),
            "JOBS_DIR": str(folder / "jobs"),
            "REDIS_URL": redis.url,
            "S3_ENDPOINT": s3.url,
            "S3_BUCKET": "results",
            "S3_ACCESS_KEY": "key",
            "S3_SECRET_KEY": "secret",
            "RESTARTS_MAX": "100",
            "CLIENT_SHARE": "1",
        }
        yield World(opened.enter_context(running_product(**environment)), redis, s3, output)
