"""The addresses that the two servers listen on: as URLs, and whether they can be had."""

from __future__ import annotations

import errno
import ipaddress
import socket

from supervisor.errors import PortUnavailable
from supervisor.settings import Settings


def authority(host: str, port: int) -> str:
    """Return the `host:port` to reach a server on this machine that listens on `host`."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return f"{host}:{port}"
    if address.is_unspecified:
        host = "127.0.0.1" if address.version == 4 else "::1"
    return f"[{host}]:{port}" if address.version == 6 else f"{host}:{port}"


def check(settings: Settings, *, only_triton: bool = False) -> None:
    """Try every address, or Triton's alone, before anything is started.

    Raises:
        PortUnavailable: one is taken twice, by another process, or can't be listened on.
    """
    wanted = {
        "GATEWAY_PORT": ("HOST", settings.host, settings.gateway_port),
        "TRITON_HTTP_PORT": ("TRITON_HOST", settings.triton_host, settings.triton_http_port),
        "TRITON_GRPC_PORT": ("TRITON_HOST", settings.triton_host, settings.triton_grpc_port),
        "TRITON_METRICS_PORT": ("TRITON_HOST", settings.triton_host, settings.triton_metrics_port),
    }
    if only_triton:
        del wanted["GATEWAY_PORT"]
    names: dict[int, str] = {}
    for name, (host_name, host, port) in wanted.items():
        if port in names:
            raise PortUnavailable(f"{names[port]} and {name} are both {port}: each needs a port of its own.")
        names[port] = name
        _try(name, host_name, host, port)


def _try(port_name: str, host_name: str, host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as listener:
            # As the servers do: a port whose last connections are still closing is free.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortUnavailable(f"port {port} of {host} is in use: set {port_name} to another one.") from None
        if error.errno == errno.EACCES:
            raise PortUnavailable(f"port {port} needs root: set {port_name} to one above 1023.") from None
        raise PortUnavailable(f"{host_name}={host} is not an address of this machine ({error.strerror}).") from None
