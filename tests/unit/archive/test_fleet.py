"""Which server is sent to."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import httpx2
import pytest

from archive.errors import NoServer
from archive.fleet import Fleet, Server
from ocr_client import Client, OcrError, ServerUnreachable

ONE, OTHER = "http://one", "http://other"
GONE = ServerUnreachable("gone")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def fleet(clock: Clock, *urls: str, each: int = 2, patience: float = 60) -> Fleet:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(500))
    return Fleet({url: Client(url, transport=transport) for url in urls}, each, patience, clock)


def urls(of: Fleet, count: int) -> list[str]:
    """The servers of so many places taken at once."""
    with ExitStack() as stack:
        return sorted(stack.enter_context(of.place()).url for _ in range(count))


def limit(of: Fleet, url: str) -> int:
    return server(of, url).limit


def server(of: Fleet, url: str) -> Server:
    return next(server for server in of.servers if server.url == url)


def test_places_are_spread_over_the_servers(clock: Clock) -> None:
    assert urls(fleet(clock, ONE, OTHER), 4) == [ONE, ONE, OTHER, OTHER]


def test_no_server_gets_more_at_once_than_it_may(clock: Clock) -> None:
    servers = fleet(clock, ONE, each=1)
    taken = threading.Event()

    def take() -> None:
        with servers.place():
            taken.set()

    with servers.place():
        thread = threading.Thread(target=take)
        thread.start()
        assert not taken.wait(0.2)
    assert taken.wait(10)
    thread.join()


def test_a_server_that_was_tried_is_the_last_choice(clock: Clock) -> None:
    servers = fleet(clock, ONE, OTHER)
    for _ in range(10):
        with servers.place({ONE}) as chosen:
            assert chosen.url == OTHER


def test_a_server_that_is_down_is_passed_by_longer_each_time(clock: Clock) -> None:
    servers = fleet(clock, ONE, OTHER)
    rests = []
    for _ in range(9):
        servers.down(server(servers, ONE), GONE)
        rests.append(server(servers, ONE).rests_until - clock.now)
        assert urls(servers, 2) == [OTHER, OTHER]
        clock.now = server(servers, ONE).rests_until
    assert rests == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert urls(servers, 2) == [ONE, OTHER]
    servers.answered(server(servers, ONE))
    servers.down(server(servers, ONE), GONE)
    assert server(servers, ONE).rests_until - clock.now == 0.5


def test_a_server_that_says_that_it_can_read_is_as_good_as_one_that_reads(clock: Clock) -> None:
    servers = fleet(clock, ONE, patience=60)
    servers.down(server(servers, ONE), GONE)
    clock.now = 59
    servers.able(server(servers, ONE))
    clock.now = 61
    servers.down(server(servers, ONE), GONE)
    assert server(servers, ONE).rests_until - clock.now == 0.5
    clock.now = 61.5
    assert urls(servers, 1) == [ONE]


def test_a_full_server_is_left_alone_as_long_as_it_asks_and_gets_less_at_once(clock: Clock) -> None:
    servers = fleet(clock, ONE, OTHER, each=4)
    for _ in range(3):
        servers.full(server(servers, ONE), 7, OcrError("full"))
    assert limit(servers, ONE) == 2
    assert urls(servers, 4) == [OTHER] * 4
    clock.now = 7
    assert urls(servers, 6) == [ONE] * 2 + [OTHER] * 4
    for _ in range(2):
        servers.answered(server(servers, ONE))
    assert limit(servers, ONE) == 3


def test_a_fleet_that_reads_nothing_for_long_is_none(clock: Clock) -> None:
    servers = fleet(clock, ONE, OTHER, patience=60)

    def all_down() -> None:
        for one in servers.servers:
            servers.down(one, GONE)
            servers.full(one, 100, OcrError("full"))

    clock.now = 59
    servers.answered(server(servers, ONE))
    clock.now = 119.5
    all_down()
    with pytest.raises(NoServer, match="no server has read anything for 60 s: full"), servers.place():
        pass


def test_a_long_reading_is_waited_for_however_long_it_takes(clock: Clock) -> None:
    servers = fleet(clock, ONE, each=1, patience=60)
    with servers.place():
        clock.now = 1000
        raised: list[Exception] = []

        def take() -> None:
            try:
                with servers.place():
                    pass
            except NoServer as error:
                raised.append(error)

        thread = threading.Thread(target=take)
        thread.start()
        thread.join(0.2)
        assert thread.is_alive()
    thread.join()
    assert raised == []
