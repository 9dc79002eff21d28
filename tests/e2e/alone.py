"""Runs programs where there is nothing but loopback, and notes every host name that they ask for.

A namespace of its own has one DNS server, ours; a library that wants to reach its maker must ask it first.

    unshare --net --mount python -m tests.e2e.alone FOLDER COMMAND...
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.hostile.network import NoNetwork, raise_loopback, unshare, use_name_server
from tests.conftest import ROOT

PROBE = "known-to-nobody.example"
"""A name that is asked for once the command has ended: heard, it shows that the others would have been."""


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit status, all that it printed, and the host names asked for, PROBE left out."""

    status: int
    output: str
    asked: list[str]


def run_alone(folder: Path, *command: str | Path, timeout: float = 240, **environment: str) -> Ended:
    """Run a command in a namespace of its own, from the project's folder; skip where this machine allows none."""
    try:
        inside = unshare()
    except NoNetwork as error:
        pytest.skip(str(error))
    inside += [sys.executable, "-m", "tests.e2e.alone", folder, *command]
    done = subprocess.run(
        inside, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, timeout=timeout, check=False
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    ended = Ended(**json.loads((folder / "ended.json").read_text(encoding="utf-8")))
    assert PROBE in ended.asked, "the DNS server of the namespace hears nothing"
    return Ended(ended.status, ended.output, [name for name in ended.asked if name != PROBE])


def main(folder: Path, command: list[str]) -> None:
    """Run the command here, in the namespace; leave `ended.json` in the folder."""
    raise_loopback()
    use_name_server(folder)
    asked: list[str] = []
    threading.Thread(target=_record_questions, args=(asked,), daemon=True).start()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    with suppress(socket.gaierror):
        socket.getaddrinfo(PROBE, 80)
    told = {"status": done.returncode, "output": done.stdout.decode(errors="replace"), "asked": asked}
    (folder / "ended.json").write_text(json.dumps(told), encoding="utf-8")


def _record_questions(asked: list[str]) -> None:
    """Answer every DNS question with "no such name" and note it (RFC 1035, section 4.1)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 53))
        while True:
            question, client = server.recvfrom(512)
            asked.append(_name(question))
            server.sendto(question[:2] + b"\x81\x83" + question[4:6] + bytes(6) + question[12:], client)


def _name(question: bytes) -> str:
    labels, place = [], 12
    while length := question[place]:
        labels.append(question[place + 1 : place + 1 + length].decode(errors="replace"))
        place += 1 + length
    return ".".join(labels)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
