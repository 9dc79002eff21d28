"""`stream`: pages as they come."""

from __future__ import annotations

from collections.abc import Iterator

import anyio
import httpx2
import pytest

from ocr_client import AsyncClient, Client, ConnectionLost, Opened, Retries, Unavailable
from ocr_client.parsing import Parser

from .server import EVENTS, URL, Answers, events, lines, refusal, stream

WHOLE = events(0, 1)


class Watched(httpx2.SyncByteStream):
    """A body that knows how far it was read, and whether it was closed."""

    def __init__(self) -> None:
        self.sent = 0
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        for event in WHOLE:
            self.sent += 1
            yield lines(event)

    def close(self) -> None:
        self.closed = True


def test_pages_come_one_by_one_and_then_the_result() -> None:
    transport = httpx2.MockTransport(Answers(stream(*WHOLE)))
    with Client(URL, transport=transport) as client, client.stream(b"document") as reading:
        assert reading.opened is None
        indices = [page.index for page in reading]
        assert indices == [0, 1]
        assert reading.opened == Opened("one", "pdf", 2, (0, 1))
        assert list(reading.result.images) == ["imgs/0.jpg", "imgs/1.jpg"]


def test_the_same_to_await() -> None:
    async def run() -> None:
        transport = httpx2.MockTransport(Answers(stream(*WHOLE)))
        async with AsyncClient(URL, transport=transport) as client, client.stream(b"document") as reading:
            assert [page.index async for page in reading] == [0, 1]
            assert reading.opened == Opened("one", "pdf", 2, (0, 1))
            assert reading.result.usage.pages == 2

    anyio.run(run)


def test_a_page_is_there_before_the_next_is_read_and_leaving_ends_the_work() -> None:
    body = Watched()
    answer = httpx2.Response(200, headers={"Content-Type": EVENTS}, stream=body)
    with Client(URL, transport=httpx2.MockTransport(Answers(answer))) as client:
        with client.stream(b"document") as reading:
            pages = iter(reading)
            assert next(pages).index == 0
            assert (body.sent, body.closed) == (2, False)
            with pytest.raises(ConnectionLost):
                reading.result  # noqa: B018 - it is a property
        assert body.closed


def test_a_refusal_is_sent_again_before_the_first_page_and_a_cut_after_it_is_not() -> None:
    answers = Answers(refusal(503, Retry_After="0"), stream(*WHOLE[:2]))
    with Client(URL, transport=httpx2.MockTransport(answers)) as client:
        with pytest.raises(ConnectionLost), client.stream(b"document") as reading:
            list(reading)
        assert len(answers.requests) == 2
    once = Client(URL, transport=httpx2.MockTransport(Answers(refusal(503))), retries=Retries(attempts=1))
    with once as client, pytest.raises(Unavailable), client.stream(b"document"):
        pass


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_events_may_be_cut_anywhere(size: int) -> None:
    parser = Parser()
    text = lines(*events(0, 1, markdown="naïve — 汉字"))
    told = [event for place in range(0, len(text), size) for event in parser.feed(text[place : place + size])]
    assert len(told) == 3
    assert parser.result().markdown == "naïve — 汉字"
