"""The clients of a measurement: what they count, and what they take for an answer."""

from __future__ import annotations

import asyncio
import json
import random
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.scaling.load import Clients, Seen

PAGES = [b"first page", b"second page"]


class Gateway(ThreadingHTTPServer):
    """Answers each page with its own bytes, unless `faults` has something for its number."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.faults: dict[int, int | str] = {}
        self.asked = 0
        self.most = 0
        self.now = 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Gateway

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.asked += 1
            self.server.now += 1
            self.server.most = max(self.server.most, self.server.now)
            fault = self.server.faults.get(self.server.asked)
        found = re.search(rb"\w+ page", body)
        text = fault if isinstance(fault, str) else found[0].decode() if found else ""
        answer = json.dumps({"markdown": text}).encode()
        with self.server.lock:
            self.server.now -= 1
        self.send_response(fault if isinstance(fault, int) else 200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server gives it
        """Nothing."""


@pytest.fixture
def gateways() -> Iterator[list[Gateway]]:
    servers = [Gateway(), Gateway()]
    threads = [threading.Thread(target=server.serve_forever) for server in servers]
    for thread in threads:
        thread.start()
    yield servers
    for server, thread in zip(servers, threads, strict=True):
        server.shutdown()
        thread.join()
        server.server_close()


def clients(gateways: list[Gateway]) -> Clients:
    return Clients([gateway.url for gateway in gateways], PAGES, Seen())


def test_a_closed_load_keeps_so_many_pages_in_flight_at_all_gateways(gateways: list[Gateway]) -> None:
    sending = clients(gateways)
    asyncio.run(sending.closed(4, 0.3))
    assert all(gateway.asked >= 2 for gateway in gateways)
    assert max(gateway.most for gateway in gateways) <= 2
    assert len(sending.seen.answers) == sum(gateway.asked for gateway in gateways)
    assert not sending.seen.failures
    assert set(sending.seen.markdown.values()) <= {"first page", "second page"}


def test_an_open_load_sends_what_chance_brings_whatever_becomes_of_it(gateways: list[Gateway]) -> None:
    sending = clients(gateways)
    asyncio.run(sending.open(100, 0.5, random.Random(3)))
    chance, due, expected = random.Random(3), 0.0, 0
    while (due := due + chance.expovariate(100)) < 0.5:
        expected += 1
    assert sum(gateway.asked for gateway in gateways) == expected == len(sending.seen.answers)


def test_what_is_no_answer_is_counted_and_not_timed(gateways: list[Gateway]) -> None:
    gateways[0].faults = {4: 503, 6: "another text"}
    sending = clients(gateways[:1])
    # Both pages are answered before the first fault, so that it is known what with.
    asyncio.run(sending.open(60, 0.3, random.Random(3)))
    assert sending.seen.failures == {"503": 1, "another page's text": 1}
    assert len(sending.seen.answers) == gateways[0].asked - 2


def test_nobody_there_is_a_failure_too() -> None:
    with Gateway() as gone:
        url = gone.url
    sending = Clients([url], PAGES, Seen())
    asyncio.run(sending.open(50, 0.1, random.Random(1)))
    assert set(sending.seen.failures) == {"ConnectError"}


def test_latencies_are_of_the_answers_that_ended_in_time() -> None:
    seen = Seen(answers=[(0, 1), (0, 3), (1, 2.5), (2, 9)])
    assert seen.latencies(1, 3) == [1, 1.5]
    assert seen.latencies(0, 10) == [1, 1.5, 3, 7]
