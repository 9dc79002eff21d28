from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2 as httpx
import pytest

from benchmarks.perf.arrivals import poisson
from benchmarks.perf.driver import Answer, closed_loop, open_loop
from benchmarks.perf.gateway import Gateway, GatewayFailed, level

PAGES = [b"first page", b"second page", b"third page"]


@contextmanager
def server(statuses: dict[bytes, int]) -> Iterator[tuple[str, list[bytes]]]:
    """`POST /ocr`, answered by what the body holds; and the pages that came."""
    came: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            [page] = [page for page in PAGES if page in body]
            came.append(page)
            self.send_response(statuses.get(page, 200))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        # Of 500 requests a second more than five may come before one is taken.
        request_queue_size = 128

    with Server(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_port}", came
        finally:
            listening.shutdown()
            thread.join()


def test_an_open_loop_sends_every_request_however_slow_the_first_answer_is():
    arrivals = poisson(1000, 50)
    all_sent = asyncio.Event()
    numbers = []

    async def send(number: int) -> int:
        numbers.append(number)
        if len(numbers) == len(arrivals):
            all_sent.set()
        await all_sent.wait()
        return 200

    async def run() -> list[Answer]:
        return await asyncio.wait_for(open_loop(send, arrivals), 60)

    answers = asyncio.run(run())
    assert sorted(numbers) == list(range(50))
    assert [answer.due for answer in answers] == arrivals
    assert all(answer.due <= answer.sent <= answer.done for answer in answers)


def test_latency_counts_from_when_a_request_was_due_not_from_when_it_was_sent():
    async def send(_: int) -> int:
        return 200

    # It was due an hour ago, and is sent now.
    [answer] = asyncio.run(open_loop(send, [-3600.0]))
    assert answer.sent >= 0
    assert answer.latency == answer.done + 3600


def test_a_closed_loop_keeps_so_many_in_flight_and_never_more():
    in_flight, seen, numbers = 0, set(), []

    async def send(number: int) -> int:
        nonlocal in_flight
        in_flight += 1
        seen.add(in_flight)
        numbers.append(number)
        await asyncio.sleep(0)
        in_flight -= 1
        return 200

    answers = asyncio.run(closed_loop(send, 3, seconds=0.05))
    assert max(seen) == 3
    assert sorted(numbers) == list(range(len(answers)))
    assert len(answers) > 3


def test_the_gateway_is_sent_each_page_as_often_and_its_429s_are_turned_away_not_answered():
    with server({b"second page": 429}) as (url, came):
        found = Gateway(url, PAGES).open(rate=500, count=30)
    assert {page: came.count(page) for page in PAGES} == dict.fromkeys(PAGES, 10)
    assert found.load == 500
    assert found.good == pytest.approx(2 / 3)
    assert 0 < found.p50 <= found.p90 <= found.p95 <= found.p99


def test_the_gateway_in_a_closed_loop():
    with server({}) as (url, came):
        found = Gateway(url, PAGES).closed(2, seconds=0.3)
    assert (found.load, found.good, found.late) == (2, 1, 0)
    # What was in flight at the end came too, and counts neither as answered in time nor as lost.
    assert len(came) - 2 <= round(found.answered * 0.3) <= len(came)


def test_an_answer_that_is_neither_a_result_nor_429_ends_the_measurement():
    with server({b"third page": 503}) as (url, _), pytest.raises(GatewayFailed, match="503"):
        Gateway(url, PAGES).open(rate=500, count=3)


def test_where_every_request_is_turned_away_there_is_nothing_to_measure():
    with server(dict.fromkeys(PAGES, 429)) as (url, _), pytest.raises(GatewayFailed, match="every one of 6 requests"):
        Gateway(url, PAGES).open(rate=500, count=6)


def test_a_gateway_that_is_away_ends_the_measurement():
    with server({}) as (url, _):
        pass
    with pytest.raises(httpx.TransportError):
        Gateway(url, PAGES).closed(1, seconds=1)


def test_figures_of_a_level():
    answers = [Answer(due=number, sent=number + 0.01, done=number + 0.5, status=200) for number in range(8)]
    answers += [Answer(due=8, sent=8.2, done=8.3, status=429), Answer(due=9, sent=9, done=11.0, status=200)]
    found = level(1, answers, seconds=10)
    assert (found.answered, found.good, found.late) == (0.8, 0.9, 0.1)
    assert (found.p50, found.p99) == (500, pytest.approx(1880))
