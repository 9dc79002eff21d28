"""The command as a person at a terminal runs it: a real process, a real pty, and a server that takes its time."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.unit.ocr_client.server import EVENTS, events, lines

from .screen import screen

MARKDOWN = "".join(f"line {number} of the document\n" for number in range(12)) + "the last line"
SHOWN = MARKDOWN.splitlines()


class Slow(BaseHTTPRequestHandler):
    """Answers a document event by event, slowly enough for bars to move."""

    def do_GET(self) -> None:
        self._answer("application/json", [b'{"name": "server", "version": "1"}'])

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(EVENTS, [lines(event) for event in events(0, 1, markdown=MARKDOWN)])

    def _answer(self, kind: str, parts: list[bytes]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        for part in parts:
            self.wfile.write(part)
            self.wfile.flush()
            time.sleep(0.3 * (kind == EVENTS))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as slow:
        thread = threading.Thread(target=slow.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{slow.server_port}"
        slow.shutdown()
        thread.join()


@contextmanager
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a terminal, the program's last."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 120, 0, 0))
    try:
        yield ours, theirs
    finally:
        os.close(ours)


def run(line: str, server: str, folder: Path) -> bytes:
    """What the terminal hears of a line of the shell, where every stream is that terminal."""
    (folder / "scan.pdf").write_bytes(b"%PDF")
    known = {name: value for name, value in os.environ.items() if not name.startswith("OCR_")}
    environment = {**known, "OCR_SERVER": server, "TERM": "xterm", "PYTHONPATH": str(ROOT), "PYTHON": sys.executable}
    with terminal() as (ours, theirs):
        running = subprocess.Popen(
            ["bash", "-c", line], cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        told = b""
        try:
            while chunk := os.read(ours, 65536):
                told += chunk
        except OSError:
            # The other end of a terminal is closed.
            pass
        assert running.wait(30) == 0, told
    return told


def test_the_markdown_stands_whole_below_bars_that_are_gone(server: str, tmp_path: Path) -> None:
    told = run("$PYTHON -m cli scan.pdf", server, tmp_path)
    assert b"documents" in told
    *shown, summary, rest = screen(told)
    assert shown == SHOWN
    assert summary.startswith("1 done; 2 pages")
    assert rest == ""


def test_the_same_through_a_pipe_that_ends_at_the_terminal(server: str, tmp_path: Path) -> None:
    told = run("$PYTHON -m cli scan.pdf | sed -u 's/$/|/; $a\\\\'", server, tmp_path)
    assert b"documents" in told
    # The summary may come before what goes through the pipe.
    assert [line.rstrip("|") for line in screen(told) if line.endswith("|")] == SHOWN


def test_what_goes_into_a_file_is_as_the_server_gave_it(server: str, tmp_path: Path) -> None:
    run("$PYTHON -m cli scan.pdf > scan.md", server, tmp_path)
    assert (tmp_path / "scan.md").read_text() == MARKDOWN
