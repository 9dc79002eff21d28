"""A folder in which real processes play Triton and the gateway, and a look at what they do."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import psutil

from supervisor.free_ports import settings_on_free_ports
from supervisor.settings import Settings
from supervisor.triton import STUB

FAKES = Path(__file__).parent / "fakes"


class World:
    """The current folder of a test: the fakes, their orders, their events."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        free = settings_on_free_ports(folder / "run")
        self.ports = [free.gateway_port, free.triton_http_port, free.triton_grpc_port, free.triton_metrics_port]
        program = folder / "triton-dir/pytriton/tritonserver/bin/tritonserver"
        program.parent.mkdir(parents=True)
        program.write_text(f"#!{sys.executable}\n{(FAKES / 'tritonserver.py').read_text()}")
        program.chmod(0o755)
        # Found by `python -m gateway`, which looks into the current folder first.
        shutil.copy(FAKES / "gateway.py", folder / "gateway.py")
        shutil.copy(FAKES / "events.py", folder)
        shutil.copy(FAKES / "events.py", program.parent)
        (folder / STUB).symlink_to(Path(sys.executable).resolve())
        for model in ("layout", "vlm"):
            (folder / "models" / model).mkdir(parents=True)
            (folder / "models" / model / "config.pbtxt").touch()
        self.tell("triton", "ok")
        self.tell("gateway", "ok")
        self.tell("health", "ok")

    @property
    def environment(self) -> dict[str, str]:
        """The settings as variables: the fakes on free ports, and no wait longer than a test likes."""
        names = ("GATEWAY_PORT", "TRITON_HTTP_PORT", "TRITON_GRPC_PORT", "TRITON_METRICS_PORT")
        return {
            **{name: str(port) for name, port in zip(names, self.ports, strict=True)},
            "TRITON_DIR": "triton-dir",
            "MODEL_REPOSITORY": "models",
            "RUN_DIR": "run",
            "START_TIMEOUT": "20",
            "SHUTDOWN_TIMEOUT": "20",
            "WATCH_INTERVAL": "0.05",
            "CANARY_INTERVAL": "0.05",
            "CANARY_TIMEOUT": "1",
            "CANARY_FAILURES": "2",
            "RESTART_DELAY": "0.05",
        }

    def settings(self, **changes: object) -> Settings:
        values = {name.lower(): value for name, value in self.environment.items()}
        return Settings.model_validate({**values, **changes})

    def tell(self, who: str, what: str) -> None:
        """Set the orders of a fake, at once."""
        (self.folder / f"{who}.new").write_text(what)
        (self.folder / f"{who}.new").replace(self.folder / who)

    def events(self) -> list[str]:
        """What the fakes did, in order, without their process ids."""
        return [line.rpartition(" ")[0] for line in self._event_lines()]

    def survivors(self) -> list[psutil.Process]:
        """The processes in this folder other than the test's own."""
        mine = {os.getpid()}
        return [p for p in psutil.process_iter() if p.pid not in mine and _folder(p) == str(self.folder)]

    def _event_lines(self) -> list[str]:
        file = self.folder / "events"
        return file.read_text().splitlines() if file.exists() else []


def _folder(process: psutil.Process) -> str | None:
    try:
        return process.cwd() if process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None
