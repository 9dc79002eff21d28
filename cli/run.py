"""The run: every document prepared, read and kept, some at once."""

from __future__ import annotations

import signal
import time
from collections import deque
from collections.abc import Iterable
from functools import partial

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup

from cli.concurrency import Concurrency
from cli.displays import Display
from cli.errors import CommandError
from cli.sinks import Job, Sink
from cli.summary import Exit, Outcome, Summary
from ocr_client import (
    ApiError,
    AsyncClient,
    BadAnswer,
    BadGateway,
    Event,
    OcrError,
    ReadFields,
    Result,
    Retrying,
    ServerUnreachable,
    Unauthorized,
    Unavailable,
)


class Run:
    """Reads the jobs and hands the results to `sink`; `summary` grows meanwhile."""

    def __init__(
        self,
        client: AsyncClient,
        jobs: Iterable[Job],
        fields: ReadFields,
        sink: Sink,
        display: Display,
        summary: Summary,
        most: int,
    ) -> None:
        self._client = client
        self._jobs = deque(jobs)
        self._fields = fields
        self._sink = sink
        self._display = display
        self._summary = summary
        self._most = most
        self._concurrency = Concurrency(most)
        self._met_server = anyio.Lock()
        self._met = False

    async def __call__(self) -> None:
        """Until all is done, or a signal or a server that can't be worked with ends it."""
        begun_at = time.monotonic()
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._watch_signals, group)
                async with anyio.create_task_group() as workers:
                    for _ in range(min(self._most, len(self._jobs))):
                        workers.start_soon(self._work, group)
                group.cancel_scope.cancel()
        finally:
            self._summary.seconds = time.monotonic() - begun_at

    async def _watch_signals(self, group: TaskGroup) -> None:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async for number in signals:
                self._end(group, Exit.INTERRUPTED if number == signal.SIGINT else Exit.TERMINATED)

    def _end(self, group: TaskGroup, why: Exit) -> None:
        self._summary.ended = self._summary.ended or why
        self._jobs.clear()
        # What is being read is cancelled, on the server too; what is being written is written.
        group.cancel_scope.cancel()

    async def _work(self, group: TaskGroup) -> None:
        while self._jobs:
            async with self._concurrency.place:
                if self._jobs:
                    await self._one(self._jobs.popleft(), group)

    async def _one(self, job: Job, group: TaskGroup) -> None:
        begun_at = time.monotonic()
        label = job.document.label
        try:
            state = await to_thread.run_sync(self._sink.prepare, job)
            if state is None:
                self._finish(Outcome(label, "skipped", job.name))
                return
            await self._meet_server()
            result = await self._client.read(job.document.source, on_event=partial(self._heard, label), **self._fields)
            await to_thread.run_sync(self._sink.keep, job, state, result)
            self._concurrency.passed()
            self._finish(_read(job, result, time.monotonic() - begun_at))
        except (OcrError, CommandError, OSError) as error:
            self._finish(_failed(label, error, time.monotonic() - begun_at))
            if isinstance(error, (ServerUnreachable, Unauthorized)):
                # The rest would fail the same way.
                self._end(group, Exit.UNREACHABLE if isinstance(error, ServerUnreachable) else Exit.REFUSED)

    async def _meet_server(self) -> None:
        """See once that the server is there and takes the key, before documents are sent. Raises OcrError."""
        async with self._met_server:
            if self._met:
                return
            try:
                await self._client.about()
            except Unauthorized:
                raise
            except (ApiError, BadAnswer):
                # A proxy may let nothing through but the API itself.
                pass
            self._met = True

    def _heard(self, document: str, event: Event) -> None:
        if isinstance(event, Retrying) and isinstance(event.error, (BadGateway, Unavailable)):
            self._concurrency.full(event.seconds)
        self._display.heard(document, event)

    def _finish(self, outcome: Outcome) -> None:
        self._summary.outcomes.append(outcome)
        self._display.finished(outcome)


def _read(job: Job, result: Result, seconds: float) -> Outcome:
    missing = "; ".join(error.message for error in result.errors)
    return Outcome(
        job.document.label,
        "incomplete" if result.errors else "done",
        job.name,
        pages=len(result.pages),
        seconds=round(seconds, 3),
        warnings=len(result.warnings),
        reason=missing or None,
        code=result.errors[0].code if result.errors else None,
    )


def _failed(label: str, error: OcrError | CommandError | OSError, seconds: float) -> Outcome:
    reason = str(error)
    code = None
    if isinstance(error, ApiError):
        code = error.code
        reason += f" (request {error.request_id})" if error.request_id else ""
    elif isinstance(error, OSError) and error.strerror:
        reason = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return Outcome(label, "failed", seconds=round(seconds, 3), reason=reason, code=code)
