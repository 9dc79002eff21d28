"""Several Tritons as one: each page goes to the one that is up and has the fewest in flight.

    tritons = Tritons(settings.triton_url, connect, canaries)
    await tritons.open()
    page = await tritons.read_page(image, options, deadline, request_id)

One that is down is passed by until its canaries answer again. What it never took (a refused connection, a full engine)
goes on to the next at once. A page that was on its way when its Triton broke is not: it may be what broke it, so that
its fate is `gateway.retry`'s to decide, which sends it once more.

A Triton that fails at every page fails fast, and would have the fewest in flight for good. So a page that fails is
tried on one other: where that one reads it the first is at fault, and is down; where it fails too the page is.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import aiohttp
from pydantic import HttpUrl
from tritonclient.utils import InferenceServerException

from gateway.canaries import Canaries, Found
from gateway.deadline import Deadline
from gateway.errors import (
    DeadlineExceeded,
    EngineFailure,
    EngineOverloaded,
    EngineRestarting,
    GatewayError,
    VlmServerFailure,
)
from gateway.triton import Identity, InferenceClient, Models, PageResult, RestructuredPage
from gateway.triton_addresses import TritonUrls, addresses
from gateway.triton_errors import restarting

_LOG = logging.getLogger(__name__)

T = TypeVar("T")

_LOOK_SECONDS = 2.0
"""Between two looks at each Triton, and at the addresses of a name."""
_ANSWER_SECONDS = 5.0
"""How long a Triton may take to say that it is ready."""
_SILENT_LOOKS = 3
"""After so many looks in a row without an answer its machine is taken for gone, and what it has in flight for lost."""


class Triton:
    """One of them, as this gateway sees it."""

    def __init__(self, address: str, models: Models) -> None:
        self.address = address
        self.models = models
        self.up = True
        self.in_flight = 0
        self.last_chosen = 0
        self._lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def call(self, ask: Callable[[Models], Awaitable[T]]) -> T:
        """What `ask` gives of its models. Raises EngineRestarting, too, once it is given up for lost."""
        self.in_flight += 1
        call = asyncio.ensure_future(ask(self.models))
        either: set[asyncio.Future[Any]] = {call, self._lost}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not call.done():
                raise restarting()
            return call.result()
        finally:
            if not call.done():
                call.cancel()
                await asyncio.gather(call, return_exceptions=True)
            self.in_flight -= 1

    def give_up(self) -> None:
        """End what is in flight: nobody will answer it."""
        if self.in_flight:
            _LOG.warning("Triton at %s is silent: %d calls are given up", self.address, self.in_flight)
        self._lost.set_result(None)
        self._lost = asyncio.get_running_loop().create_future()


class Tritons:
    """All Tritons of `urls`; `connect` makes the client of an address."""

    def __init__(self, urls: TritonUrls, connect: Callable[[HttpUrl], InferenceClient], canaries: Canaries) -> None:
        self._urls = urls
        self._connect = connect
        self._canaries = canaries
        self._all: dict[str, Triton] = {}
        self._leaving: list[Triton] = []
        self._looking: dict[Triton, asyncio.Task[None]] = {}
        self._choices = itertools.count(1)
        self.identity = Identity()

    @property
    def known(self) -> int:
        """How many there are."""
        return len(self._all)

    @property
    def up(self) -> int:
        """How many of them are up, as far as is known."""
        return sum(triton.up for triton in self._all.values())

    async def open(self) -> None:
        """Find them. Those that are not there yet are found later, by `watch`."""
        await self._find()

    async def close(self) -> None:
        """Close all connections: an idle one holds up Triton's own shutdown."""
        gone, self._all = list(self._all.values()), {}
        await asyncio.gather(*(self._part_with(triton) for triton in [*gone, *self._leaving]))
        self._leaving = []

    async def watch(self) -> None:
        """Look the addresses up again and again, for ever."""
        while any(url.looked_up for url in self._urls):
            await asyncio.sleep(_LOOK_SECONDS)
            await self._find()

    async def read_page(self, image: bytes, options: dict[str, Any], deadline: Deadline, request_id: str) -> PageResult:
        """Models.read_page on one of them, which is told too if the page is cancelled.

        Raises InvalidRequest and its kin, EngineOverloaded when all are full, EngineRestarting, EngineFailure,
        DeadlineExceeded.
        """
        page = await self._call(lambda models: models.read_page(image, options, deadline, request_id))
        self.identity = Identity(page.engine, page.model)
        return page

    async def restructure(
        self, pages: list[dict[str, Any]], options: dict[str, Any], deadline: Deadline, request_id: str
    ) -> list[RestructuredPage]:
        """Models.restructure on one of them. Raises what that raises."""
        return await self._call(lambda models: models.restructure(pages, options, deadline, request_id))

    async def check(self) -> list[Found]:
        """What canaries find: of one that is up, or, where that one fails, of all of them."""
        first = self._choose(set())
        if first is None:
            return []
        found = [await self._check(first)]
        if found[0].status != "ok":
            others = [triton for triton in self._all.values() if triton is not first]
            found += await asyncio.gather(*map(self._check, others))
        return found

    async def _check(self, triton: Triton) -> Found:
        found = await self._canaries.ask(triton.models)
        self._mark(triton, up=found.status != "failed")
        if triton.models.identity.engine:
            self.identity = triton.models.identity
        return found

    def _mark(self, triton: Triton, *, up: bool) -> None:
        if up != triton.up and triton in self._looking:
            _LOG.warning("Triton at %s is %s", triton.address, "up again" if up else "down: it is passed by")
        triton.up = up

    async def _call(self, ask: Callable[[Models], Awaitable[T]]) -> T:
        tried: set[Triton] = set()
        error: GatewayError = restarting()
        failed: Triton | None = None
        while triton := self._choose(tried):
            tried.add(triton)
            try:
                answer = await triton.call(ask)
            except EngineOverloaded as full:
                error = full
            except EngineRestarting as broken:
                error = broken
                self._mark(triton, up=False)
                if broken.taken:
                    break
            except VlmServerFailure:
                # It is no Triton that failed, and all may ask the same server.
                raise
            except EngineFailure as failure:
                if failed is not None:
                    raise
                failed, error = triton, failure
            else:
                self._did(triton, failed)
                return answer
        raise error

    def _did(self, triton: Triton, failed: Triton | None) -> None:
        """Note that `triton` did what it was asked, at which `failed`, if any, had failed before."""
        if triton not in self._looking:
            # One alone is not looked at: what it answers tells that it is back.
            triton.up = True
        if failed is not None and failed.up:
            _LOG.warning("Triton at %s failed at what another one did", failed.address)
            self._mark(failed, up=False)

    def _choose(self, tried: set[Triton]) -> Triton | None:
        """The one with the fewest calls in flight; of equals the one whose turn is longest ago."""
        up = [triton for triton in self._all.values() if triton.up]
        # Where all are thought to be down one of them may have come back this moment.
        left = [triton for triton in up or self._all.values() if triton not in tried]
        if not left:
            return None
        chosen = min(left, key=lambda triton: (triton.in_flight, triton.last_chosen))
        chosen.last_chosen = next(self._choices)
        return chosen

    async def _find(self) -> None:
        found = await asyncio.gather(*map(addresses, self._urls))
        if None in found:
            return
        urls = {str(url): url for several in found for url in several or ()}
        for address in self._all.keys() - urls.keys():
            _LOG.info("Triton at %s is not in TRITON_URL any more", address)
            self._leaving.append(self._all.pop(address))
        for address in sorted(urls.keys() - self._all.keys()):
            self._join(address, urls[address])
        # What is in flight there may end.
        for triton in [triton for triton in self._leaving if not triton.in_flight]:
            self._leaving.remove(triton)
            await self._part_with(triton)

    def _join(self, address: str, url: HttpUrl) -> None:
        triton = self._all[address] = Triton(address, Models(self._connect(url)))
        if len(self._urls) > 1 or self._urls[0].looked_up:
            _LOG.info("Triton at %s", address)
            self._looking[triton] = asyncio.create_task(self._look_at(triton))

    async def _part_with(self, triton: Triton) -> None:
        if looking := self._looking.pop(triton, None):
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
        await triton.models.close()

    async def _look_at(self, triton: Triton) -> None:
        """Ask it every few seconds whether it is ready, and by canaries whether it is able again."""
        silent = 0
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                ready = await Deadline.after(_ANSWER_SECONDS).wait(triton.models.client.is_server_ready())
                silent = 0
            except DeadlineExceeded:
                ready, silent = False, silent + 1
            except (InferenceServerException, aiohttp.ClientError, OSError):
                ready, silent = False, 0
            if ready and not triton.up:
                await self._check(triton)
            else:
                self._mark(triton, up=ready)
            if silent == _SILENT_LOOKS:
                triton.give_up()
                silent = 0
