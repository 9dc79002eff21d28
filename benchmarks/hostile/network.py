"""A network of the corpus' own: this machine alone, on which addresses of the internet and of inside are served.

    unshare --net --mount python -m benchmarks.hostile.run

There is no way out of it, and one DNS server: ours, which answers by `zone`.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path

from dnslib import AAAA, CNAME, QTYPE, RD, RR, A, DNSRecord  # type: ignore[import-untyped]
from dnslib.server import BaseResolver, DNSHandler, DNSLogger, DNSServer  # type: ignore[import-untyped]

from benchmarks.hostile.zone import ADDRESSES, REBINDING, SILENT, ZONE

_SIOCSIFFLAGS, _SIOCSIFADDR, _SIOCSIFNETMASK = 0x8914, 0x8916, 0x891C
_UP_AND_RUNNING = 0x1 | 0x40
_SILENCE_SECONDS = 4.0


class NoNetwork(Exception):
    """This machine lets us make no network of our own."""


def unshare() -> list[str]:
    """What to put before a command, so that it runs in a network of its own. Raises NoNetwork."""
    command = ["unshare", "--net", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    if subprocess.run([*command, "true"], check=False, capture_output=True).returncode != 0:
        raise NoNetwork("this machine lets us make no network of our own: run it as root")
    return command


def raise_loopback() -> None:
    """Bring up the one interface that a new network has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        fcntl.ioctl(handle, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _UP_AND_RUNNING))


def use_name_server(folder: Path) -> None:
    """Have names resolved by 127.0.0.1, in this mount namespace."""
    resolver = folder / "resolv.conf"
    resolver.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    subprocess.run(["mount", "--bind", resolver, "/etc/resolv.conf"], check=True)


@contextmanager
def own_network(folder: Path) -> Iterator[Counter[str]]:
    """All that `zone` says, for the length of the block; counts how often each name was asked for its IPv4 address."""
    raise_loopback()
    for number, address in enumerate(ADDRESSES):
        _add_address(f"lo:{number}", address)
    use_name_server(folder)
    resolver = Resolver()
    server = DNSServer(resolver, address="127.0.0.1", logger=DNSLogger(logf=lambda _: None))
    server.start_thread()
    try:
        yield resolver.asked
    finally:
        server.stop()


class Resolver(BaseResolver):  # type: ignore[misc]
    """Answers from ZONE, and from REBINDING with one set of addresses after the other."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self._lock = threading.Lock()

    def resolve(self, request: DNSRecord, _: DNSHandler) -> DNSRecord:
        """The answer to one question, which nobody may keep."""
        name = str(request.q.qname).rstrip(".").lower()
        if name in SILENT:
            time.sleep(_SILENCE_SECONDS)
        answer, owner = request.reply(), request.q.qname
        for place in self._places(name, QTYPE[request.q.qtype]):
            kind, data = _record(place)
            if kind in (QTYPE[request.q.qtype], "CNAME"):
                answer.add_answer(RR(owner, getattr(QTYPE, kind), rdata=data, ttl=0))
            if kind == "CNAME":
                owner = place
        return answer

    def _places(self, name: str, kind: str) -> tuple[str, ...]:
        with self._lock:
            times = self.asked[name]
            self.asked[name] += kind == "A"
        if name in REBINDING:
            answers = REBINDING[name]
            return answers[min(times, len(answers) - 1)]
        return ZONE.get(name, ())


def _record(place: str) -> tuple[str, RD]:
    try:
        version = ip_address(place).version
    except ValueError:
        return "CNAME", CNAME(place)
    return ("A", A(place)) if version == 4 else ("AAAA", AAAA(place))


def _add_address(name: str, address: str) -> None:
    """Give the interface one more address, and none beside it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        for request, value in ((_SIOCSIFADDR, address), (_SIOCSIFNETMASK, "255.255.255.255")):
            packed = struct.pack("16sHH4s8x", name.encode(), socket.AF_INET, 0, socket.inet_aton(value))
            fcntl.ioctl(handle, request, packed)
