"""What a rendering process can't do, and that nobody but its own document notices when it fails."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from fastapi.testclient import TestClient

from gateway.deadline import Deadline
from gateway.errors import RenderFailed
from gateway.pages.process import RendererProcess
from gateway.pages.processes import NOT_APART, NOT_OFFLINE
from gateway.pages.worker import Command
from tests.waiting import until

from .conftest import Start, as_json, error_of
from .documents import A4, encoded, nested_forms_pdf, pdf, picture
from .renderers import running_pool, stand_in, workers

ENDLESS = nested_forms_pdf(10, 10)
_CHILD = "import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', %r]).returncode)"


@pytest.fixture
def process() -> Iterator[RendererProcess]:
    process = RendererProcess(1 << 30)
    yield process
    process.close()


def status_of(process: RendererProcess) -> dict[str, str]:
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def test_it_has_given_up_what_it_does_not_need(process: RendererProcess) -> None:
    process.start()
    assert process.offline
    assert process.apart
    assert (status_of(process)["Seccomp"], status_of(process)["NoNewPrivs"]) == ("2", "1")
    # Landlock and the filter count for the thread that called them, and those it starts.
    assert status_of(process)["Threads"] == "1"
    running = psutil.Process(process.pid)
    assert set(running.environ()) <= {"PATH", "LANG", "PYTHONPATH", "LC_CTYPE"}
    assert running.rlimit(psutil.RLIMIT_AS) == (1 << 30, 1 << 30)
    assert running.rlimit(psutil.RLIMIT_NOFILE) == (64, 64)
    assert running.rlimit(psutil.RLIMIT_FSIZE) == running.rlimit(psutil.RLIMIT_CORE) == (0, 0)
    assert running.net_connections("inet") == []
    assert running.num_fds() <= 6


CONFINED = "from gateway.pages.worker import confine\nassert all(confine(1 << 30).values())\n"
ATTEMPTS = {
    "a connection": "import socket; socket.create_connection(('127.0.0.1', 80))",
    "a datagram": "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "a local socket": "import socket; socket.socket(socket.AF_UNIX)",
    "a child's": _CHILD % "import socket; socket.socket()",
}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_no_socket_can_be_opened(name: str) -> None:
    program = f"{CONFINED}{ATTEMPTS[name]}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "PermissionError: [Errno 1]" in done.stderr


def test_other_processes_memory_is_out_of_reach() -> None:
    call = (
        "import ctypes; libc = ctypes.CDLL(None, use_errno=True); print(libc.ptrace(16, %d, 0, 0), ctypes.get_errno())"
    )
    program = f"{CONFINED}{call % os.getpid()}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["-1", "1"]


def test_where_the_system_forbids_nothing_it_draws_and_the_log_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    program = (
        "from gateway.pages import worker\nworker.forbid_network = worker.shut_off = lambda: False\nworker.main()\n"
    )
    monkeypatch.setattr(sys, "executable", stand_in(tmp_path, program))
    document = tmp_path / "document"
    document.write_bytes(pdf((100, 100)))

    async def check() -> None:
        async with running_pool() as pool:
            for _ in range(2):
                assert (await pool.open(document, Deadline.after(30))).page_count == 1

    asyncio.run(check())
    said = [record.message for record in caplog.records if record.name == "gateway.pages.processes"]
    assert sorted(said) == sorted([NOT_APART, NOT_OFFLINE])


LIES = {
    "nothing": b"",
    "no JSON": b"nonsense",
    "nested": b"[" * 20_000,
    "no object": b"[]",
    "a number that is none": b'{"pages": "many"}',
    "no pages": b'{"pages": 0}',
    "an error of the server": b'{"error": "internal_error", "message": "x"}',
    "too much": b" " * 100_000,
}


@pytest.mark.parametrize("name", LIES)
def test_one_that_was_taken_over_can_only_fail_its_document(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = (
        "from multiprocessing.connection import Connection\n"
        "gateway = Connection(int(sys.argv[1]))\n"
        'gateway.send_bytes(b\'{"offline": true, "apart": true}\')\n'
        "gateway.recv_bytes()\n"
        f"gateway.send_bytes({LIES[name]!r})\n"
    )
    monkeypatch.setattr(sys, "executable", stand_in(tmp_path, program))
    process = RendererProcess(1 << 30)
    command: Command = {
        "path": "x", "kind": "pdf", "renderer": "pdfium", "index": None, "dpi": 72, "max_pixels": 1000, "seconds": 5.0,
        "reencode": False,
    }  # fmt: skip
    try:
        with pytest.raises(RenderFailed):
            process.page_count(command)
    finally:
        process.close()


class TestNothingElseNotices:
    """One document's process loops or is killed while others are read."""

    def test_a_loop(self, start: Start) -> None:
        client = start(render_workers=2, render_timeout=2, pdf_renderer="pdfium")
        answer = self.read_beside(client, ENDLESS)
        assert (answer.status_code, error_of(answer)["code"]) == (422, "render_failed")

    def test_a_kill(self, start: Start) -> None:
        client = start(render_workers=2, render_timeout=60, pdf_renderer="pdfium", pages_in_flight=1)
        answer = self.read_beside(client, pdf(*[A4] * 50), psutil.Process.kill)
        assert answer.json()["usage"]["pages"] == 50

    def test_two_kills(self, start: Start) -> None:
        def kill_twice(held: psutil.Process) -> None:
            old = workers()
            held.kill()
            (fresh,) = until(lambda: [process for process in workers() if process not in old])
            fresh.kill()

        client = start(render_workers=2, render_timeout=60, pdf_renderer="pdfium")
        answer = self.read_beside(client, ENDLESS, kill_twice)
        assert (answer.status_code, error_of(answer)["code"]) == (422, "render_failed")
        assert "died" in error_of(answer)["message"]

    def read_beside(
        self, client: TestClient, hostile: bytes, then: Callable[[psutil.Process], None] = psutil.Process.resume
    ) -> Any:
        """The answer to `hostile`, whose process is held, and after others were read has `then` done to it."""
        answers = []
        thread = threading.Thread(target=lambda: answers.append(client.post("/ocr", **as_json(hostile))))
        thread.start()
        until(lambda: 'ocr_gateway_stage_in_flight{stage="render"} 1.0' in client.get("/metrics").text)
        (held,) = workers()
        held.suspend()
        others = [client.post("/ocr", **as_json(document)) for document in (pdf(), encoded(picture())) for _ in "123"]
        then(held)
        thread.join()
        others.append(client.post("/ocr", **as_json(pdf())))
        assert [other.status_code for other in others] == [200] * 7
        return answers[0]
