"""The client that awaits: the same as `ocr_client.client`, for asyncio and trio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from ssl import SSLContext
from types import TracebackType
from typing import TypeVar

import anyio
import httpx2
from typing_extensions import Self, Unpack

from ocr_client.answers import error_of, health_of, parsed, streams, translated
from ocr_client.calls import Call, ReadFields, Source, read_call
from ocr_client.configuration import DEFAULT_TIMEOUT, Configuration
from ocr_client.errors import OcrError, Unavailable
from ocr_client.events import Event, Opened, PageRead, Retrying
from ocr_client.jobs import (
    cancel_call,
    cancelled,
    job_call,
    jobs_call,
    listed,
    not_over,
    pauses,
    result_call,
    result_or_fault,
    submit_call,
    told,
)
from ocr_client.models import About, Health, Job, Page, Result
from ocr_client.parsing import Parser
from ocr_client.retries import Attempts, Retries

T = TypeVar("T")


class AsyncReading:
    """A document that is being read: iterating gives its pages as they come.

    async with client.stream("scan.pdf") as reading:
        async for page in reading:
            print(page.index, page.markdown)
        print(reading.result.usage)
    """

    def __init__(self, response: httpx2.Response, server: str) -> None:
        self._response = response
        self._server = server
        self._parser = Parser()

    async def __aiter__(self) -> AsyncIterator[Page]:
        async for event in self.events():
            if isinstance(event, PageRead):
                yield event.page

    async def events(self) -> AsyncIterator[Event]:
        """The same told in full: what was opened, pages with their warnings, pages that were left out."""
        with translated(self._server):
            async for chunk in self._response.aiter_bytes():
                for event in self._parser.feed(chunk):
                    yield event
        self._parser.result()

    @property
    def opened(self) -> Opened | None:
        """What is being read; None until the first page has been asked for."""
        return self._parser.opened

    @property
    def result(self) -> Result:
        """The whole, once all pages were iterated. Raises ConnectionLost before."""
        return self._parser.result()


class AsyncClient:
    """Reads documents on a server.

    `server` and `api_key` come from OCR_SERVER and OCR_API_KEY where they are left out. `timeout` is the seconds that
    one attempt may take; the server is told, so that it stops then too. `verify` is for authorities of your own:
    `ssl.create_default_context(cafile=…)`. `transport` takes the place of the network. Raises ConfigurationError.
    """

    def __init__(
        self,
        server: str | None = None,
        *,
        api_key: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        retries: Retries | None = None,
        verify: SSLContext | bool = True,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._configuration = Configuration.made(server, api_key, timeout, retries)
        self._http = httpx2.AsyncClient(
            base_url=self._configuration.server,
            headers=self._configuration.headers,
            limits=httpx2.Limits(max_connections=None),
            verify=verify,
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def read(
        self, source: Source, *, on_event: Callable[[Event], None] | None = None, **fields: Unpack[ReadFields]
    ) -> Result:
        """Read a document: a path, an address that the server fetches, bytes, or an open file.

        `on_event` is told how it goes on. Raises OcrError, and OSError for a file that can't be read.
        """
        call = read_call(source, fields, self._configuration.timeout)

        async def once() -> Result:
            async with self._reading(call) as reading:
                async for event in reading.events():
                    if on_event is not None:
                        on_event(event)
                return reading.result

        return await self._repeated(call, once, on_event)

    @asynccontextmanager
    async def stream(self, source: Source, **fields: Unpack[ReadFields]) -> AsyncIterator[AsyncReading]:
        """Read a document page by page; leaving the block ends the work on the server too.

        Raises what `read` raises. Nothing is sent again once the first page has come.
        """
        call = read_call(source, fields, self._configuration.timeout)
        async with AsyncExitStack() as stack:
            yield await self._repeated(call, lambda: stack.enter_async_context(self._reading(call)))

    async def submit(self, source: Source, **fields: Unpack[ReadFields]) -> Job:
        """Have a document read in the background; `timeout` counts from when that begins. Raises what `read` raises."""
        return await self._ask(submit_call(source, fields, self._configuration.timeout), told)

    async def job(self, job: Job | str) -> Job:
        """A job, or the one of that id, as it is now. Raises OcrError."""
        return await self._ask(job_call(job), told)

    async def jobs(self, limit: int = 100) -> tuple[Job, ...]:
        """The newest jobs of this client: of its API key, or where there are none, of its address. Raises OcrError."""
        return await self._ask(jobs_call(limit), listed)

    async def wait(self, job: Job | str, timeout: float | None = None) -> Job:  # noqa: ASYNC109 - as Client has it
        """The job once it is done, failed or cancelled. Raises TimedOut after `timeout` seconds; OcrError."""
        found = await self.job(job)
        for pause in pauses(timeout):
            if found.over:
                return found
            await anyio.sleep(pause)
            found = await self.job(job)
        if found.over:
            return found
        raise not_over(found, timeout)

    async def result(self, job: Job | str) -> Result:
        """What a job that is done has read. Raises the ApiError of one that failed, or is not done."""
        answer = await self._ask(result_call(job, self._configuration.timeout), result_or_fault)
        if isinstance(answer, Unavailable):
            raise answer
        return answer

    async def cancel(self, job: Job | str) -> Job | None:
        """End a job that waits or runs; one that has ended is forgotten, result and all: None. Raises OcrError."""
        return await self._ask(cancel_call(job), cancelled)

    async def health(self) -> Health:
        """The state of the server, whether it can read or not. Raises OcrError where it does not answer."""
        return health_of(await self._answer(Call("GET", "health")))

    async def about(self) -> About:
        """Who answers. Raises OcrError."""
        return parsed(About, await self._answer(Call("GET", "")))

    @asynccontextmanager
    async def _reading(self, call: Call) -> AsyncIterator[AsyncReading]:
        async with self._response(call) as response:
            if not streams(response):
                with translated(self._configuration.server):
                    await response.aread()
                raise error_of(response)
            yield AsyncReading(response, self._configuration.server)

    async def _answer(self, call: Call) -> httpx2.Response:
        async with self._response(call) as response:
            with translated(self._configuration.server):
                await response.aread()
        return response

    async def _ask(self, call: Call, parse: Callable[[httpx2.Response], T]) -> T:
        async def once() -> T:
            return parse(await self._answer(call))

        return await self._repeated(call, once)

    @asynccontextmanager
    async def _response(self, call: Call) -> AsyncIterator[httpx2.Response]:
        """The answer, its body not read yet."""
        with translated(self._configuration.server), call.arguments() as arguments:
            request = self._http.build_request(**arguments, timeout=self._configuration.patience(call.seconds))
            response = await self._http.send(request, stream=True)
        try:
            yield response
        finally:
            await response.aclose()

    async def _repeated(
        self, call: Call, once: Callable[[], Awaitable[T]], on_event: Callable[[Event], None] | None = None
    ) -> T:
        """`once`, as often as the retries allow."""
        attempts = Attempts(self._configuration.retries, repeatable=call.repeatable)
        while True:
            try:
                return await once()
            except OcrError as error:
                seconds = attempts.failed(error)
                if on_event is not None:
                    on_event(Retrying(error, seconds))
            await anyio.sleep(seconds)
