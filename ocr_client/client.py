"""The client that waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from ssl import SSLContext
from types import TracebackType
from typing import TypeVar

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


class Reading:
    """A document that is being read: iterating gives its pages as they come.

    with client.stream("scan.pdf") as reading:
        for page in reading:
            print(page.index, page.markdown)
        print(reading.result.usage)
    """

    def __init__(self, response: httpx2.Response, server: str) -> None:
        self._response = response
        self._server = server
        self._parser = Parser()

    def __iter__(self) -> Iterator[Page]:
        return (event.page for event in self.events() if isinstance(event, PageRead))

    def events(self) -> Iterator[Event]:
        """The same told in full: what was opened, pages with their warnings, pages that were left out."""
        with translated(self._server):
            for chunk in self._response.iter_bytes():
                yield from self._parser.feed(chunk)
        self._parser.result()

    @property
    def opened(self) -> Opened | None:
        """What is being read; None until the first page has been asked for."""
        return self._parser.opened

    @property
    def result(self) -> Result:
        """The whole, once all pages were iterated. Raises ConnectionLost before."""
        return self._parser.result()


class Client:
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
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._configuration = Configuration.made(server, api_key, timeout, retries)
        self._http = httpx2.Client(
            base_url=self._configuration.server,
            headers=self._configuration.headers,
            limits=httpx2.Limits(max_connections=None),
            verify=verify,
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def read(
        self, source: Source, *, on_event: Callable[[Event], None] | None = None, **fields: Unpack[ReadFields]
    ) -> Result:
        """Read a document: a path, an address that the server fetches, bytes, or an open file.

        `on_event` is told how it goes on. Raises OcrError, and OSError for a file that can't be read.
        """
        call = read_call(source, fields, self._configuration.timeout)

        def once() -> Result:
            with self._reading(call) as reading:
                for event in reading.events():
                    if on_event is not None:
                        on_event(event)
                return reading.result

        return self._repeated(call, once, on_event)

    @contextmanager
    def stream(self, source: Source, **fields: Unpack[ReadFields]) -> Iterator[Reading]:
        """Read a document page by page; leaving the block ends the work on the server too.

        Raises what `read` raises. Nothing is sent again once the first page has come.
        """
        call = read_call(source, fields, self._configuration.timeout)
        with ExitStack() as stack:
            yield self._repeated(call, lambda: stack.enter_context(self._reading(call)))

    def submit(self, source: Source, **fields: Unpack[ReadFields]) -> Job:
        """Have a document read in the background; `timeout` counts from when that begins. Raises what `read` raises."""
        return self._ask(submit_call(source, fields, self._configuration.timeout), told)

    def job(self, job: Job | str) -> Job:
        """A job, or the one of that id, as it is now. Raises OcrError."""
        return self._ask(job_call(job), told)

    def jobs(self, limit: int = 100) -> tuple[Job, ...]:
        """The newest jobs of this client: of its API key, or where there are none, of its address. Raises OcrError."""
        return self._ask(jobs_call(limit), listed)

    def wait(self, job: Job | str, timeout: float | None = None) -> Job:
        """The job once it is done, failed or cancelled. Raises TimedOut after `timeout` seconds; OcrError."""
        found = self.job(job)
        for pause in pauses(timeout):
            if found.over:
                return found
            time.sleep(pause)
            found = self.job(job)
        if found.over:
            return found
        raise not_over(found, timeout)

    def result(self, job: Job | str) -> Result:
        """What a job that is done has read. Raises the ApiError of one that failed, or is not done."""
        answer = self._ask(result_call(job, self._configuration.timeout), result_or_fault)
        if isinstance(answer, Unavailable):
            raise answer
        return answer

    def cancel(self, job: Job | str) -> Job | None:
        """End a job that waits or runs; one that has ended is forgotten, result and all: None. Raises OcrError."""
        return self._ask(cancel_call(job), cancelled)

    def health(self) -> Health:
        """The state of the server, whether it can read or not. Raises OcrError where it does not answer."""
        return health_of(self._answer(Call("GET", "health")))

    def about(self) -> About:
        """Who answers. Raises OcrError."""
        return parsed(About, self._answer(Call("GET", "")))

    @contextmanager
    def _reading(self, call: Call) -> Iterator[Reading]:
        with self._response(call) as response:
            if not streams(response):
                with translated(self._configuration.server):
                    response.read()
                raise error_of(response)
            yield Reading(response, self._configuration.server)

    def _answer(self, call: Call) -> httpx2.Response:
        with self._response(call) as response, translated(self._configuration.server):
            response.read()
        return response

    def _ask(self, call: Call, parse: Callable[[httpx2.Response], T]) -> T:
        return self._repeated(call, lambda: parse(self._answer(call)))

    @contextmanager
    def _response(self, call: Call) -> Iterator[httpx2.Response]:
        """The answer, its body not read yet."""
        with translated(self._configuration.server), call.arguments() as arguments:
            request = self._http.build_request(**arguments, timeout=self._configuration.patience(call.seconds))
            response = self._http.send(request, stream=True)
        try:
            yield response
        finally:
            response.close()

    def _repeated(self, call: Call, once: Callable[[], T], on_event: Callable[[Event], None] | None = None) -> T:
        """`once`, as often as the retries allow."""
        attempts = Attempts(self._configuration.retries, repeatable=call.repeatable)
        while True:
            try:
                return once()
            except OcrError as error:
                seconds = attempts.failed(error)
                if on_event is not None:
                    on_event(Retrying(error, seconds))
            time.sleep(seconds)
