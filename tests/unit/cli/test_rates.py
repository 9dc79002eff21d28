"""Waits that a server asks for, however long, and their end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.displays import duration
from cli.summary import Exit
from tests.conftest import ROOT
from tests.unit.gateway.gateway_process import free_port, gateway, wait_for


def test_a_rate_by_the_hour_is_waited_for_until_somebody_ends_that(tmp_path: Path) -> None:
    for name in ("a.pdf", "b.pdf", "c.pdf"):
        (tmp_path / name).write_bytes(b"no document")
    # No Triton is needed to refuse what is no document; it counts all the same.
    with gateway(RATE_LIMIT="1/hour", TRITON_URL=f"http://127.0.0.1:{free_port()}") as (_, url):
        wait_for(f"{url}/livez")
        command = [sys.executable, "-m", "cli", "a.pdf", "b.pdf", "c.pdf", "-o", "out", "-j", "1", "--server", url]
        with subprocess.Popen(
            command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, text=True
        ) as running:
            assert running.stderr is not None
            told = [running.stderr.readline() for _ in range(2)]
            assert re.match(r"failed +a\.pdf", told[0])
            assert re.match(r"waiting +b\.pdf: .*; again in 6[0-1] min", told[1])
            running.send_signal(signal.SIGINT)
            rest = running.communicate(timeout=20)[1]
    assert running.returncode == Exit.INTERRUPTED
    assert rest.startswith("interrupted: 0 done, 1 failed, 2 not tried")


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.2, "0.2 s"), (60, "60.0 s"), (125, "2 min"), (3600, "60 min"), (86400, "24.0 h")]
)
def test_waits_as_people_say_them(seconds: float, told: str) -> None:
    assert duration(seconds) == told
