"""Processes that work, and one that does nothing."""

from __future__ import annotations

import subprocess
import sys
import time

from supervisor.stall import Stall


def test_who_does_nothing_is_named_and_who_works_is_not() -> None:
    idle, busy = "import time; time.sleep(60)", "while True: pass"
    with (
        subprocess.Popen([sys.executable, "-S", "-c", idle]) as sleeper,
        subprocess.Popen([sys.executable, "-S", "-c", busy]) as worker,
    ):
        stall = Stall(5)
        named = None
        deadline = time.monotonic() + 60
        while named is None and time.monotonic() < deadline:
            assert stall.look({worker.pid: "worker"}) is None
            named = stall.look({worker.pid: "worker", sleeper.pid: "sleeper"})
            time.sleep(0.1)
        sleeper.kill()
        worker.kill()
    assert named == "sleeper"


def test_a_process_that_is_gone_is_nobody() -> None:
    ended = subprocess.Popen([sys.executable, "-S", "-c", ""])
    ended.wait()
    stall = Stall(0.01)
    stall.look({ended.pid: "ended"})
    time.sleep(0.05)
    assert stall.look({ended.pid: "ended"}) is None
