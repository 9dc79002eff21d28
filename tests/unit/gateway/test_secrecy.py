"""What a process that draws pages may see, and change, of the processes and files around it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from .gateway_process import gateway, wait_for

SECRET = "a-key-of-s3"
_CONFINE = "from gateway.pages import worker\n%s\nworker.confine(1 << 30)\n"
MANNERS = {"free": "", "without Landlock": _CONFINE % "worker.shut_off = lambda: False", "confined": _CONFINE % ""}
NOT_ROOT = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
# It may read every file, as the Python of this run, which can lie in root's home, but look into no other process.
READS_FILES = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")


@pytest.fixture(scope="module", params=["this user", "a plain user"])
def user(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The program that makes processes those of the user; whoever is not root is a plain user already."""
    return (*NOT_ROOT, *READS_FILES) if request.param == "a plain user" and os.geteuid() == 0 else ()


@pytest.fixture(scope="module")
def gateway_pid(user: tuple[str, ...]) -> Iterator[int]:
    with gateway(*user, S3_SECRET_KEY=SECRET, JOBS="false") as (process, url):
        wait_for(f"{url}/livez")
        yield process.pid


@pytest.fixture
def bystander(user: tuple[str, ...]) -> Iterator[int]:
    """A process of the same user that knows the secret, and hides nothing."""
    with subprocess.Popen([*user, "sleep", "600"], env={**os.environ, "S3_SECRET_KEY": SECRET}) as process:
        yield process.pid
        process.kill()


def outcome(user: tuple[str, ...], manner: str, program: str) -> str:
    """What `program` writes."""
    command = [*user, sys.executable, "-c", f"{MANNERS[manner]}\n{program}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout or done.stderr.splitlines()[-1]


def seen(user: tuple[str, ...], manner: str, pid: int, name: str) -> str:
    """What one reads in a file of /proc who is free, or confined as one that draws pages."""
    return outcome(user, manner, f"print(open('/proc/{pid}/{name}', 'rb').read())")


@pytest.mark.parametrize("name", ["environ", "maps", "mem"])
@pytest.mark.parametrize("manner", ["without Landlock", "confined"])
def test_the_gateway_can_not_be_looked_into(user: tuple[str, ...], gateway_pid: int, manner: str, name: str) -> None:
    assert seen(user, manner, gateway_pid, name).startswith("PermissionError")


def test_no_process_of_the_user_can_be_looked_into(user: tuple[str, ...], bystander: int) -> None:
    assert SECRET in seen(user, "free", bystander, "environ")
    assert seen(user, "confined", bystander, "environ").startswith("PermissionError")


def test_monitoring_still_sees_the_gateway(user: tuple[str, ...], gateway_pid: int) -> None:
    for name in ("stat", "statm", "status", "cmdline"):
        assert len(seen(user, "free", gateway_pid, name)) > len("b''")
    assert psutil.Process(gateway_pid).memory_info().rss > 10 << 20


def test_no_file_can_be_made_changed_or_removed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("as it was")
    attempts = {
        "made": f"open({str(tmp_path / 'new')!r}, 'x')",
        "changed": f"open({str(kept)!r}, 'r+')",
        "cut": f"import os; os.truncate({str(kept)!r}, 0)",
        "removed": f"import os; os.unlink({str(kept)!r})",
        "moved": f"import os; os.rename({str(kept)!r}, {str(tmp_path / 'elsewhere')!r})",
    }
    assert outcome((), "confined", f"print(open({str(kept)!r}).read(), file=open('/dev/null', 'w')); print(1)") == "1\n"
    for attempt in attempts.values():
        assert outcome((), "confined", attempt).startswith("PermissionError"), attempt
    assert [path.read_text() for path in tmp_path.iterdir()] == ["as it was"]


def test_root_keeps_nothing_but_reading_files(user: tuple[str, ...]) -> None:
    """What it starts gains nothing either."""
    show = "print([line for line in open('/proc/self/status') if 'CapEff' in line][0].split()[1])"
    child = f"import subprocess, sys; print(subprocess.check_output([sys.executable, '-c', {show!r}], text=True))"
    for program in (show, child):
        assert int(outcome(user, "confined", program), 16) & ~0b110 == 0


def test_other_processes_get_no_signal_of_it(user: tuple[str, ...], bystander: int) -> None:
    """Landlock keeps signals inside since its version 6, Linux 6.12."""
    version = int(outcome((), "free", "import ctypes; print(ctypes.CDLL(None).syscall(444, None, 0, 1))"))
    told = outcome(user, "confined", f"import os; print(os.kill({bystander}, 0))")
    assert told.startswith("PermissionError") == (version >= 6)
