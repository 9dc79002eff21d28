"""Runs the product where there is nothing but loopback, and writes what it read and every host name that it asked for.

    unshare --net --mount python -m tests.e2e.alone DOCUMENT FOLDER

Its own DNS server on loopback is the only one there; a library that reports to its maker must ask it first.
"""

from __future__ import annotations

import fcntl
import json
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx2 as httpx

from tests.product import running

_SIOCSIFFLAGS = 0x8914
_IFF_UP_RUNNING = 0x1 | 0x40
_LINGER_SECONDS = 5
"""Libraries report late, from threads of their own."""


def main(document: Path, folder: Path) -> None:
    """Read the document through the product; leave `answer.json` in the folder."""
    _raise_loopback()
    resolver = folder / "resolv.conf"
    resolver.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    subprocess.run(["mount", "--bind", resolver, "/etc/resolv.conf"], check=True)
    asked: list[str] = []
    threading.Thread(target=_record_questions, args=(asked,), daemon=True).start()
    with running(folder) as stack:
        answer = httpx.post(f"{stack.gateway_url}/ocr", files={"file": document.read_bytes()}, timeout=120)
        page = httpx.post(f"{stack.gateway_url}/ocr", json={"url": "http://known-to-nobody.example/a.pdf"}, timeout=60)
        time.sleep(_LINGER_SECONDS)
    told = {"status": answer.status_code, "markdown": answer.json().get("markdown"), "url_status": page.status_code}
    (folder / "answer.json").write_text(json.dumps({**told, "asked": asked}))


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        fcntl.ioctl(handle, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _IFF_UP_RUNNING))


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
    main(Path(sys.argv[1]), Path(sys.argv[2]))
