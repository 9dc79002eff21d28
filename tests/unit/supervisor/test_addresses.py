from __future__ import annotations

import socket

import pytest

from supervisor import PortUnavailable, Stack
from supervisor.addresses import authority, check
from tests.unit.supervisor.world import World


@pytest.mark.parametrize(
    ("number", "name"),
    [(0, "GATEWAY_PORT"), (1, "TRITON_HTTP_PORT"), (2, "TRITON_GRPC_PORT"), (3, "TRITON_METRICS_PORT")],
)
def test_a_port_in_use_names_the_setting_before_anything_starts(world: World, number: int, name: str) -> None:
    port = world.ports[number]
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(PortUnavailable, match=f"port {port} of 127.0.0.1 is in use: set {name} to another"),
    ):
        Stack(world.settings()).__enter__()
    assert world.events() == []


def test_a_port_wanted_twice_names_both_settings(world: World) -> None:
    with pytest.raises(PortUnavailable, match="GATEWAY_PORT and TRITON_GRPC_PORT are both"):
        check(world.settings(triton_grpc_port=world.ports[0]))


def test_an_address_of_another_machine_names_the_setting(world: World) -> None:
    # 192.0.2.0/24 is for documentation (RFC 5737): no machine has it.
    with pytest.raises(PortUnavailable, match=r"HOST=192\.0\.2\.1 is not an address of this machine"):
        check(world.settings(host="192.0.2.1"))


@pytest.mark.parametrize(
    ("host", "reached"),
    [
        ("127.0.0.1", "127.0.0.1:80"),
        ("0.0.0.0", "127.0.0.1:80"),
        ("::", "[::1]:80"),
        ("::1", "[::1]:80"),
        ("localhost", "localhost:80"),
    ],
)
def test_how_a_server_that_listens_on_a_host_is_reached(host: str, reached: str) -> None:
    assert authority(host, 80) == reached
