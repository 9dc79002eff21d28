"""Settings on ports that nobody uses, for tests and measurements beside a server that runs."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path

from supervisor.settings import Settings

_PORTS = ("gateway_port", "triton_http_port", "triton_grpc_port", "triton_metrics_port")


def settings_on_free_ports(run_dir: Path) -> Settings:
    """The environment's settings, but for the ports and RUN_DIR, which are its own.

    The ports are free now; whoever takes one before the servers start makes the start fail.
    """
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in _PORTS]
        ports = {name: taken.getsockname()[1] for name, taken in zip(_PORTS, sockets, strict=True)}
    return Settings(run_dir=run_dir, **ports)
