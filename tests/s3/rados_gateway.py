"""A real S3 on loopback: Ceph's RADOS Gateway with a cluster of one monitor and one OSD that keeps all in memory.

    with running(folder) as s3:
        s3.client().create_bucket(Bucket="results")

It checks signatures, dates and policies as the services do that results are uploaded to. Up within a second, in 150 MB
of memory; ports and files are its own, so that any number can run at once.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from supervisor.child import Child

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PROGRAMS = ("ceph", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
"""What must be on the PATH; `make setup-test` installs the packages that hold them."""

ACCESS_KEY = "tenant-1:key-1"
"""With a colon, as Cloud.ru's keys have: it stands in the signature's scope and in presigned addresses."""
SECRET_KEY = "Se/cr+et="

_START_SECONDS = 60
_LOG_LINES = 10

_CONFIGURATION = """
[global]
fsid = {fsid}
mon_host = v2:127.0.0.1:{monitor_port}
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1

# Nobody but this cluster's own processes knows its ports. Without keys there is nothing to encrypt by.
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
ms_mon_client_mode = crc

# One copy on one OSD.
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
osd_crush_initial_weight = 1
mon_allow_pool_size_one = true
osd_objectstore = memstore

# What suits clusters of many machines costs seconds here. The monitor gathers changes before it decides, though pools
# are made one by one. A request that met an OSD just coming up is sent again after 5 s. Each change of a bucket is told
# to every radosgw, also to one that was killed, which is given up after 30 s.
paxos_propose_interval = 0.01
paxos_min_wait = 0.01
objecter_tick_interval = 0.5
rgw_cache_enabled = false

# Everything stays in the folder, and each process logs to its standard error.
mon_data = {folder}/mon
osd_data = {folder}/osd
rgw_data = {folder}/rgw
run_dir = {folder}
crash_dir = {folder}
admin_socket =
log_file =
log_to_stderr = true
err_to_stderr = true
"""


class RadosGatewayError(Exception):
    """The cluster did not come up; the message has the last lines of all logs, its own last."""


class RadosGateway:
    """The service at `url`, whose one user has ACCESS_KEY and SECRET_KEY.

    `stop`, `start` and `paused` are for the faults that tests make: objects live in the OSD and stay.
    """

    def __init__(self, folder: Path) -> None:
        monitor_port, self._port = _free_ports(2)
        self.url = f"http://127.0.0.1:{self._port}"
        self._folder = folder
        self._fsid = str(uuid.uuid4())
        self._monitor_port = monitor_port
        self._gateway: Child | None = None

    def client(self) -> S3Client:
        """A client of the user, for the tests' own look at what lies there."""
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        )

    def start(self) -> None:
        """Start radosgw, and wait until it answers."""
        # Without tcp_nodelay every other answer waits 40 ms for the client's delayed acknowledgement.
        command = ["radosgw", "-f", "--rgw-frontends", f"beast endpoint=127.0.0.1:{self._port} tcp_nodelay=1"]
        self._gateway = self._spawn(command)
        self._wait("radosgw", self._gateway, self._port)

    def stop(self) -> None:
        """Kill radosgw, whatever it is doing."""
        if self._gateway is not None:
            _kill(self._gateway)
            self._gateway = None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Radosgw takes connections and says nothing."""
        if self._gateway is None:
            raise RadosGatewayError("radosgw is stopped")
        os.kill(self._gateway.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._gateway.pid, signal.SIGCONT)

    @contextmanager
    def cluster(self) -> Iterator[None]:
        """The monitor, the OSD and the user, without radosgw."""
        (self._folder / "ceph.conf").write_text(
            _CONFIGURATION.format(fsid=self._fsid, monitor_port=self._monitor_port, folder=self._folder)
        )
        for name in ("mon", "osd", "rgw"):
            (self._folder / name).mkdir()
        with ExitStack() as stack:
            address = f"v2:127.0.0.1:{self._monitor_port}"
            self._run("monmaptool", "--create", "--fsid", self._fsid, "--addv", "a", address, "monmap")
            self._run("ceph-mon", "-i", "a", "--mkfs", "--monmap", "monmap")
            monitor = self._spawn(["ceph-mon", "-i", "a", "-f"])
            stack.callback(_kill, monitor)
            # A client that comes before the monitor listens tries again only after 3 s.
            self._wait("ceph-mon", monitor, self._monitor_port)
            osd = str(uuid.uuid4())
            self._run("ceph", "osd", "new", osd)
            self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
            stack.callback(_kill, self._spawn(["ceph-osd", "-i", "0", "-f"]))
            keys = ("--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY)
            self._run("radosgw-admin", "user", "create", "--uid", "tests", "--display-name", "tests", *keys)
            yield

    def _run(self, *command: str) -> None:
        """Run a command of the set-up to its end."""
        with self._log(command[0]).open("ab") as log:
            try:
                subprocess.run(
                    command,
                    cwd=self._folder,
                    env=self._environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    timeout=_START_SECONDS,
                    check=True,
                )
            except subprocess.SubprocessError as error:
                raise self._failure(command[0], str(error)) from None

    def _spawn(self, command: list[str]) -> Child:
        with self._log(command[0]).open("ab") as log:
            return Child(command, env=self._environment(), output=log)

    def _wait(self, name: str, child: Child, port: int) -> None:
        """Wait until `child` listens, which both kinds do last."""
        deadline = time.monotonic() + _START_SECONDS
        while not _listens(port):
            if (ending := child.ending()) is not None:
                raise self._failure(name, ending)
            if time.monotonic() > deadline:
                raise self._failure(name, f"was not up within {_START_SECONDS} s")
            time.sleep(0.02)

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "CEPH_CONF": str(self._folder / "ceph.conf")}

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def _failure(self, name: str, what: str) -> RadosGatewayError:
        """The error, with all logs: a command that waits in vain for another part says nothing itself."""
        report = [f"{name}: {what}"]
        for log in sorted(self._folder.glob("*.log"), key=lambda log: log.stem == name):
            lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
            report += [f"{log.name} ends with:", *lines[-_LOG_LINES:]]
        return RadosGatewayError("\n".join(report))


@contextmanager
def running(folder: Path) -> Iterator[RadosGateway]:
    """The service, up; its files are kept in `folder`, which must be empty, and nothing of it outlives the block.

    Raises:
        RadosGatewayError: one of its parts did not come up.
    """
    gateway = RadosGateway(folder)
    with gateway.cluster(), ExitStack() as stack:
        stack.callback(gateway.stop)
        gateway.start()
        yield gateway


def missing_programs() -> list[str]:
    """Those of PROGRAMS that are not on the PATH."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


def _kill(child: Child) -> None:
    # At once: what a slow stop would save is thrown away.
    hurry = threading.Event()
    hurry.set()
    child.stop(0, hurry)


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _free_ports(count: int) -> list[int]:
    """Ports that are free now; whoever takes one before the cluster starts makes the start fail."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [taken.getsockname()[1] for taken in sockets]
