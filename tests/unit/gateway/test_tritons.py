"""Pages over several Tritons, each a server of the tests' own that speaks Triton's protocol on a socket."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from http.server import ThreadingHTTPServer
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import HttpUrl, TypeAdapter

from gateway import tritons
from gateway.app import create_app
from gateway.canaries import Canaries
from gateway.deadline import Deadline
from gateway.errors import EngineFailure, EngineOverloaded, EngineRestarting, VlmServerFailure
from gateway.settings import Settings
from gateway.triton import connect
from gateway.triton_addresses import TritonUrl, TritonUrls, addresses
from gateway.tritons import Tritons

from .conftest import as_json
from .documents import encoded, picture
from .kserve import PAGE, KServe, text

EVERYTHING = [
    *PAGE,
    ("BOXES", "BYTES", [1, 1], text("", b"[]")[3]),
    ("TEXT", "BYTES", [1, 1], text("", b"hello")[3]),
    ("FINISH_REASON", "BYTES", [1, 1], text("", b"stop")[3]),
    text("RESULTS", b'[{"markdown": "# a", "prunedResult": {}}]'),
]


class Server:
    """One Triton; `kserve` says what it answers, and what it was asked."""

    def __init__(self, stack: ExitStack) -> None:
        state = {"seen": [], "outputs": EVERYTHING, "failure": None, "manner": "answer", "released": threading.Event()}
        self.kserve: type[KServe] = type("OneKServe", (KServe,), state)
        server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), self.kserve))
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        for undo in (thread.join, server.shutdown, self.kserve.released.set):
            stack.callback(undo)
        self.url = f"http://127.0.0.1:{server.server_port}"

    @property
    def options(self) -> list[dict[str, Any]]:
        """The OPTIONS of the pages that `ocr` was asked to read or to cancel, canaries left out."""
        asked = [body for path, head, body in self.kserve.seen if "/ocr/" in path and head.get("id") != "canary"]
        return [json.loads(body[body.index(b'{"') :]) for body in asked]

    @property
    def pages(self) -> int:
        return sum("cancel" not in options for options in self.options)


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Server]]:
    monkeypatch.setattr(tritons, "_LOOK_SECONDS", 0.05)
    with ExitStack() as stack:
        # The first of the list is the first to be sent a page.
        yield sorted((Server(stack), Server(stack)), key=lambda server: server.url)


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address at which nothing listens."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{closed.getsockname()[1]}"


def run(urls: list[str], work: Callable[[Tritons], Awaitable[None]]) -> None:
    async def session() -> None:
        asked = TypeAdapter(TritonUrls).validate_python(",".join(urls))
        several = Tritons(asked, lambda url: connect(url, connections=40, seconds=60), Canaries(5))
        await several.open()
        watching = asyncio.create_task(several.watch())
        try:
            await asyncio.wait_for(work(several), 30)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await several.close()

    asyncio.run(session())


async def read(several: Tritons) -> str:
    return (await several.read_page(b"\x89PNG", {}, Deadline.after(20), "r")).markdown


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - what it waits for is told by threads
        await asyncio.sleep(0.01)


def test_pages_go_where_the_fewest_are_in_flight(servers: list[Server]) -> None:
    one, two = servers
    one.kserve.manner = two.kserve.manner = "wait"

    async def work(several: Tritons) -> None:
        pages = [asyncio.create_task(read(several)) for _ in range(6)]
        await until(lambda: one.pages + two.pages == 6)
        assert (one.pages, two.pages) == (3, 3)
        two.kserve.released.set()
        await until(lambda: sum(page.done() for page in pages) == 3)
        pages += [asyncio.create_task(read(several)) for _ in range(2)]
        await until(lambda: two.pages == 5)
        one.kserve.released.set()
        assert await asyncio.gather(*pages) == ["Привет"] * 8
        assert one.pages == 3

    run([one.url, two.url], work)


def test_equals_take_turns(servers: list[Server]) -> None:
    async def work(several: Tritons) -> None:
        for _ in range(4):
            await read(several)
        assert [server.pages for server in servers] == [2, 2]

    run([server.url for server in servers], work)


def test_nobody_at_an_address_costs_no_page(servers: list[Server], nobody: str) -> None:
    async def work(several: Tritons) -> None:
        assert [await read(several) for _ in range(3)] == ["Привет"] * 3
        assert (several.up, several.known) == (1, 2)

    run([nobody, servers[0].url], work)


def test_nobody_anywhere_is_a_restart(nobody: str) -> None:
    async def work(several: Tritons) -> None:
        with pytest.raises(EngineRestarting):
            await read(several)

    run([nobody, nobody.replace("127.0.0.1", "127.0.0.2")], work)


def test_a_full_engine_passes_the_page_on(servers: list[Server]) -> None:
    one, two = servers
    one.kserve.failure = (503, "[overloaded] 64 pages are in flight")

    async def work(several: Tritons) -> None:
        assert [await read(several) for _ in range(3)] == ["Привет"] * 3
        assert two.pages == 3
        two.kserve.failure = one.kserve.failure
        with pytest.raises(EngineOverloaded):
            await read(several)
        assert several.up == 2

    run([one.url, two.url], work)


@pytest.mark.parametrize("fault", ["break", "unhealthy"])
def test_what_breaks_with_a_page_is_passed_by_until_its_canaries_answer(servers: list[Server], fault: str) -> None:
    one, two = servers

    def harm() -> None:
        one.kserve.manner, one.kserve.failure = (
            ("break", None) if fault == "break" else ("answer", (500, "Stub process 'ocr_0_0' is not healthy."))
        )

    async def work(several: Tritons) -> None:
        harm()
        # The page is not sent on at once: it may be what breaks engines.
        with pytest.raises(EngineRestarting):
            await read(several)
        assert (several.up, two.pages) == (1, 0)
        assert [await read(several) for _ in range(3)] == ["Привет"] * 3
        assert two.pages == 3
        await asyncio.sleep(0.3)
        assert several.up == 1, "its readiness is good, which says nothing"
        one.kserve.manner, one.kserve.failure = "answer", None
        await until(lambda: several.up == 2)
        before = one.pages
        await asyncio.gather(read(several), read(several))
        assert one.pages == before + 1

    run([one.url, two.url], work)


BROKEN_GPU = (500, "[engine_failure] CUDA error: an illegal memory access was encountered")


def test_one_that_fails_at_every_page_costs_none_and_is_passed_by(servers: list[Server]) -> None:
    one, two = servers

    async def work(several: Tritons) -> None:
        one.kserve.failure = BROKEN_GPU
        assert await asyncio.gather(*(read(several) for _ in range(8))) == ["Привет"] * 8
        assert several.up == 1
        tried = one.pages
        assert [await read(several) for _ in range(4)] == ["Привет"] * 4
        await asyncio.sleep(0.3)
        assert (one.pages, several.up) == (tried, 1), "its readiness is good, which says nothing"
        one.kserve.failure = None
        await until(lambda: several.up == 2)
        await asyncio.gather(read(several), read(several))
        assert one.pages == tried + 1

    run([one.url, two.url], work)


def test_a_page_at_which_all_fail_is_to_blame_and_no_triton(servers: list[Server]) -> None:
    one, two = servers
    one.kserve.failure = two.kserve.failure = BROKEN_GPU

    async def work(several: Tritons) -> None:
        with pytest.raises(EngineFailure):
            await read(several)
        assert (one.pages, two.pages, several.up) == (1, 1, 2)

    run([one.url, two.url], work)


def test_a_page_is_tried_on_one_other_and_not_on_all(servers: list[Server]) -> None:
    with ExitStack() as stack:
        three = [*servers, Server(stack)]
        for server in three:
            server.kserve.failure = BROKEN_GPU

        async def work(several: Tritons) -> None:
            with pytest.raises(EngineFailure):
                await read(several)
            assert sorted(server.pages for server in three) == [0, 1, 1]

        run([server.url for server in three], work)


def test_a_failure_that_no_other_has_room_to_try_says_nothing_yet(servers: list[Server]) -> None:
    one, two = servers
    one.kserve.failure, two.kserve.failure = BROKEN_GPU, (503, "[overloaded] 64 pages are in flight")

    async def work(several: Tritons) -> None:
        with pytest.raises(EngineOverloaded):
            await read(several)
        assert several.up == 2

    run([one.url, two.url], work)


def test_what_is_behind_all_of_them_fails_once(servers: list[Server]) -> None:
    one, two = servers
    one.kserve.failure = two.kserve.failure = (500, "[server_failure] the server at VLM_URL answered 400")

    async def work(several: Tritons) -> None:
        with pytest.raises(VlmServerFailure):
            await read(several)
        assert (one.pages, two.pages, several.up) == (1, 0, 2)

    run([one.url, two.url], work)


def test_one_alone_fails_with_its_page(servers: list[Server]) -> None:
    (one, _) = servers
    one.kserve.failure = BROKEN_GPU

    async def work(several: Tritons) -> None:
        with pytest.raises(EngineFailure):
            await read(several)
        assert (one.pages, several.up) == (1, 1)

    run([one.url], work)


def test_documents_are_read_while_one_fails_at_every_page(servers: list[Server]) -> None:
    one, two = servers
    settings = Settings(triton_url=f"{one.url},{two.url}", render_workers=1)  # type: ignore[arg-type]
    one.kserve.failure = BROKEN_GPU
    with TestClient(create_app(settings)) as client:
        document = as_json(encoded(picture()))
        assert [client.post("/ocr", **document).status_code for _ in range(6)] == [200] * 6
        assert "ocr_gateway_tritons_up 1.0" in _without_comments(client)
    assert one.pages == 1


def test_a_cancelled_page_is_cancelled_where_it_is(servers: list[Server]) -> None:
    one, two = servers
    one.kserve.manner = two.kserve.manner = "wait"

    async def work(several: Tritons) -> None:
        pages = [asyncio.create_task(read(several)) for _ in range(2)]
        await until(lambda: one.pages + two.pages == 2)
        pages[1].cancel()
        await until(lambda: len(one.options) + len(two.options) == 3)
        holder, other = (one, two) if len(one.options) == 2 else (two, one)
        page, cancelling = holder.options
        assert cancelling == {"cancel": page["cancelKey"]}
        assert len(other.options) == 1
        for server in servers:
            server.kserve.released.set()
        assert await pages[0] == "Привет"

    run([one.url, two.url], work)


def test_a_machine_that_falls_silent_keeps_no_page(servers: list[Server], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tritons, "_ANSWER_SECONDS", 0.1)
    one, two = servers
    one.kserve.manner = "wait"

    def silence(handler: KServe) -> None:
        handler.released.wait(20)
        handler.close_connection = True

    async def work(several: Tritons) -> None:
        page = asyncio.create_task(read(several))
        await until(lambda: one.pages == 1)
        monkeypatch.setattr(one.kserve, "do_GET", silence)
        with pytest.raises(EngineRestarting):
            await page
        assert several.up == 1
        assert await read(several) == "Привет"
        assert two.pages == 1

    run([one.url, two.url], work)


def test_restructuring_goes_anywhere(servers: list[Server], nobody: str) -> None:
    async def work(several: Tritons) -> None:
        for _ in range(2):
            assert (await several.restructure([{}], {}, Deadline.after(20), "r"))[0].markdown == "# a"

    run([nobody, servers[0].url], work)


def test_the_addresses_of_a_name_come_and_go(servers: list[Server], monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = servers
    behind: list[HttpUrl] | None = [HttpUrl(one.url)]

    async def looked_up(url: TritonUrl) -> list[HttpUrl] | None:
        return behind

    monkeypatch.setattr(tritons, "addresses", looked_up)
    one.kserve.manner = "wait"

    async def work(several: Tritons) -> None:
        nonlocal behind
        page = asyncio.create_task(read(several))
        await until(lambda: one.pages == 1)
        behind = [HttpUrl(two.url)]
        await until(lambda: f"{two.url}/" in several._all)
        assert several.known == 1
        assert await read(several) == "Привет"
        assert (one.pages, two.pages) == (1, 1)
        one.kserve.released.set()
        assert await page == "Привет", "what is in flight at one that leaves ends as it would have"
        await until(lambda: not several._leaving)
        # While nobody can say which there are, those that were there are.
        behind = None
        await asyncio.sleep(0.2)
        assert await read(several) == "Привет"
        behind = []
        await until(lambda: several.known == 0)
        with pytest.raises(EngineRestarting):
            await read(several)

    run(["dns+http://triton:8000"], work)


def test_a_name_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(given: object) -> None:
        async def getaddrinfo(self: object, *_: object, **__: object) -> object:
            if isinstance(given, Exception):
                raise given
            return given

        monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)

    def found(url: str) -> list[str] | None:
        there = asyncio.run(addresses(TypeAdapter(TritonUrls).validate_python(url)[0]))
        return None if there is None else list(map(str, there))

    assert found("https://triton.example:8443/v") == ["https://triton.example:8443/v"]
    assert found("dns+http://localhost:8000") == ["http://127.0.0.1:8000/"]
    four = [(socket.AF_INET, 1, 6, "", (host, 8000)) for host in ("10.0.0.2", "10.0.0.1", "10.0.0.1")]
    six = [(socket.AF_INET6, 1, 6, "", (host, 8000, 0, 0)) for host in ("fd00::2", "fd00::1")]
    answer([*six, *four])
    assert found("dns+http://triton:8000") == ["http://10.0.0.1:8000/", "http://10.0.0.2:8000/"]
    answer(six)
    assert found("dns+http://triton:8000") == ["http://[fd00::1]:8000/", "http://[fd00::2]:8000/"]
    answer(socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
    assert found("dns+http://triton:8000") == []
    answer(socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"))
    assert found("dns+http://triton:8000") is None


def test_health_is_good_while_one_is_up(servers: list[Server], nobody: str) -> None:
    one, two = servers
    settings = Settings(
        triton_url=f"{one.url},{two.url}",  # type: ignore[arg-type]
        health_cache_seconds=0,
        render_workers=1,
    )
    with TestClient(create_app(settings)) as client:
        assert client.get("/health").json()["triton"]["message"] is None
        for server in servers:
            server.kserve.failure = (500, "Stub process 'vlm_0_0' is not healthy.")
            if server is one:
                # Each is asked first in turn; the other is asked when that one fails.
                assert [client.get("/health").status_code for _ in range(3)] == [200] * 3
                assert client.get("/health").json()["triton"]["message"] == "1 of 2 Tritons are up"
                assert client.post("/ocr", **as_json(encoded(picture()))).status_code == 200
                assert "ocr_gateway_tritons 2.0\nocr_gateway_tritons_up 1.0" in _without_comments(client)
        assert client.get("/health").status_code == 503
        assert client.get("/health").json()["models"]["vlm"]["status"] == "failed"


def _without_comments(client: TestClient) -> str:
    return "\n".join(line for line in client.get("/metrics").text.splitlines() if not line.startswith("#"))


def test_no_address_at_all_is_503(monkeypatch: pytest.MonkeyPatch) -> None:
    async def gone(url: TritonUrl) -> list[HttpUrl]:
        return []

    monkeypatch.setattr(tritons, "addresses", gone)
    settings = Settings(triton_url="dns+http://triton:8000", render_workers=1)  # type: ignore[arg-type]
    with TestClient(create_app(settings)) as client:
        response = client.get("/health")
    assert (response.status_code, response.json()["status"]) == (503, "failed")
    assert "TRITON_URL" in response.json()["triton"]["message"]
