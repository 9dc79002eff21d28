"""A Ray cluster of several nodes on this machine, each with processes of its own; any of them can be killed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

_OBJECT_STORE_BYTES = 80 << 20


class RayCluster:
    """The cluster at `address`; what runs as `head` must live, `nodes` do the work."""

    def __init__(self, cluster: Any, temporary: str, cpus: int) -> None:
        self._cluster = cluster
        self._temporary = temporary
        self._cpus = cpus
        self.address: str = cluster.address
        self.nodes: list[Any] = []

    def add_node(self) -> None:
        """Start one more node that works."""
        self.nodes.append(self._cluster.add_node(num_cpus=self._cpus, **arguments(self._temporary)))

    def kill_node(self) -> None:
        """SIGKILL to every process of a node."""
        self._cluster.remove_node(self.nodes.pop(), allow_graceful=False)


def arguments(temporary: str) -> dict[str, Any]:
    """What all nodes are started with."""
    return {
        "include_dashboard": False,
        "node_ip_address": "127.0.0.1",
        "object_store_memory": _OBJECT_STORE_BYTES,
        "temp_dir": temporary,
    }


@contextmanager
def running(nodes: int, cpus: int = 2, **environment: str) -> Iterator[RayCluster]:
    """A head that does no work, and `nodes` of `cpus` each that do, in an environment with `environment`.

    Drivers are in it too meanwhile.
    """
    # Sockets lie below it, whose paths may have 107 bytes.
    temporary = tempfile.mkdtemp(prefix="ray-", dir="/tmp")
    # Where Cluster writes its address, and expects a folder that a machine has on which Ray once ran.
    (Path(temporary) / "ray").mkdir()
    settings = {
        "RAY_TMPDIR": temporary,
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
        # What it says of two systems is true of all: a driver would look for 127.0.0.1 at this machine's other address.
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    }
    with mock.patch.dict(os.environ, {**settings, **environment}):
        from ray.cluster_utils import Cluster

        cluster = Cluster(initialize_head=True, connect=False, head_node_args={"num_cpus": 0, **arguments(temporary)})
        try:
            ray = RayCluster(cluster, temporary, cpus)
            for _ in range(nodes):
                ray.add_node()
            yield ray
        finally:
            cluster.shutdown()
            shutil.rmtree(temporary, ignore_errors=True)
