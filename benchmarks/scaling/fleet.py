"""Several Tritons and several gateways before them, each a process of its own, on the sleeping engine."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import httpx2 as httpx

from benchmarks.running import cpu_seconds_of, totals_at
from supervisor.free_ports import PORTS, free_ports, settings_on_free_ports
from supervisor.gateway import Gateway
from supervisor.settings import Settings
from supervisor.stack import Stack

MODELS = ("ocr", "layout", "vlm")
"""The others are asked for photographed pages and long documents only, and each takes 250 MB."""
_RARELY = {"CANARY_INTERVAL": "600", "WATCH_INTERVAL": "5"}
_STARTING_AT_ONCE = 3
_START_SECONDS = 60.0


@dataclass(frozen=True)
class Fleet:
    """Tritons and gateways that run."""

    tritons: list[Stack]
    gateways: list[Gateway]

    def cpu_seconds(self) -> float:
        """CPU seconds of all of them so far."""
        pids = [stack.triton_pid for stack in self.tritons] + [gateway.pid for gateway in self.gateways]
        return cpu_seconds_of(filter(None, pids))

    def metrics(self) -> list[dict[str, float]]:
        """Each Triton's metrics by name."""
        return [totals_at(stack.metrics_url) for stack in self.tritons]


@contextmanager
def running_fleet(tritons: int, gateways: int, sleep: Mapping[str, str], documents: int) -> Iterator[Fleet]:
    """A fleet, ready, until the context ends; `sleep` are the settings of the sleeping engine.

    The gateways together work on so many `documents` at once; how many pages they let through is their default.
    """
    with tempfile.TemporaryDirectory() as name, ExitStack() as opened:
        folder = Path(name)
        _link_models(folder / "models")
        ports = free_ports(PORTS * tritons + gateways)
        stacks = [
            _triton(folder / f"triton-{place}", folder / "models", ports[PORTS * place : PORTS * (place + 1)], sleep)
            for place in range(tritons)
        ]
        opened.callback(_in_threads, stacks, lambda stack: stack.__exit__(None, None, None))
        _in_threads(stacks, lambda stack: stack.__enter__())
        urls = ",".join(stack.triton_url for stack in stacks)
        doors = []
        for port in ports[PORTS * tritons :]:
            doors.append(_gateway(folder, port, urls, -(-documents // gateways)))
            opened.callback(doors[-1].stop, 5.0, threading.Event())
            doors[-1].start()
        for door in doors:
            _wait_for(door, tritons)
        yield Fleet(stacks, doors)


def _link_models(folder: Path) -> None:
    """A model repository of MODELS alone."""
    folder.mkdir()
    for model in MODELS:
        (folder / model).symlink_to(Path("model_repository").resolve() / model)


def _triton(run_dir: Path, models: Path, ports: list[int], sleep: Mapping[str, str]) -> Stack:
    """One Triton whose models share one device, as on a machine with one GPU."""
    run_dir.mkdir()
    engine = {"ENGINE": "sleep", "CAPACITY_TEST": "1", "SLEEP_DEVICE": str(run_dir / "device"), **sleep}
    # The stack keeps the environment that it is made in.
    with mock.patch.dict(os.environ, {**engine, **_RARELY, "MODEL_REPOSITORY": str(models)}):
        return Stack(settings_on_free_ports(run_dir, ports), only_triton=True)


def _gateway(folder: Path, port: int, triton_urls: str, documents: int) -> Gateway:
    """A gateway that keeps nothing, takes everything from one client, and draws in one process."""
    limits = {
        "MAX_REQUESTS": str(documents),
        "MAX_QUEUE": "10000",
        "CLIENT_SHARE": "1",
        "RENDER_WORKERS": "1",
        "LOG_LEVEL": "warning",
        "OUTPUT_DIR": str(folder / "output"),
        "JOBS_DIR": str(folder / "jobs"),
    }
    with mock.patch.dict(os.environ, limits):
        return Gateway(Settings(host="127.0.0.1", gateway_port=port), triton_urls)


def _in_threads(stacks: list[Stack], act: Callable[[Stack], object]) -> None:
    """Do one thing to all, a few at once: models take all cores while they load."""
    with ThreadPoolExecutor(_STARTING_AT_ONCE) as threads:
        list(threads.map(act, stacks))


def _wait_for(gateway: Gateway, tritons: int) -> None:
    """Until it is there and has all Tritons up."""
    give_up_at = time.monotonic() + _START_SECONDS
    while True:
        try:
            if totals_at(f"{gateway.url}/metrics").get("ocr_gateway_tritons_up") == tritons:
                return
        except httpx.TransportError:
            pass
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"the gateway did not find {tritons} Tritons within {_START_SECONDS:g} s")
        time.sleep(0.1)
