"""Settings on ports that nobody uses, for tests and measurements beside a server that runs."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from supervisor.settings import Settings

_PORTS = ("gateway_port", "triton_http_port", "triton_grpc_port", "triton_metrics_port")
PORTS = len(_PORTS)
"""How many a stack needs."""


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that are free now, no two the same."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [taken.getsockname()[1] for taken in sockets]


def settings_on_free_ports(run_dir: Path, ports: Sequence[int] | None = None) -> Settings:
    """The environment's settings, but for the ports and RUN_DIR, which are its own; `ports` are `PORTS` free ones.

    The ports are free now; whoever takes one before the servers start makes the start fail.
    """
    named: dict[str, Any] = dict(zip(_PORTS, ports or free_ports(PORTS), strict=True))
    return Settings(run_dir=run_dir, **named)
