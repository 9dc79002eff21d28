"""Runs jobs: takes turns from the queue, some at once, and reads the documents."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import anyio

from gateway.deadline import Deadline
from gateway.document import Document, Progress
from gateway.errors import GatewayError, JobsUnavailable, StorageFull
from gateway.jobs.job import Attempt, End, Fault, Tally, Ticket, Turn
from gateway.jobs.jobs import Jobs
from gateway.jobs.store import now
from gateway.schemas import OcrAnswer
from gateway.storage import full, room_in

_LOG = logging.getLogger(__name__)
_POLL_SECONDS = 0.5
"""How often jobs that other gateways took in are looked for; those of this one are known at once."""
_DOWN_SECONDS = 2.0
"""The same while the queue can't be reached."""
_BEAT_SECONDS = 1.0

Read = Callable[[Ticket, Path, Deadline, Progress], Awaitable[tuple[OcrAnswer, Document]]]


class Runner:
    """Runs `at_once` jobs, each for `seconds`; while `is_closing` it begins no further one."""

    def __init__(
        self,
        jobs: Jobs,
        read: Read,
        *,
        at_once: int,
        seconds: float,
        is_closing: Callable[[], bool],
    ) -> None:
        self._jobs = jobs
        self._store = jobs.store
        self._read_document = read
        self._metrics = jobs.metrics
        self._slots = asyncio.Semaphore(at_once)
        self._seconds = seconds
        self._is_closing = is_closing
        self._attempts: set[asyncio.Task[None]] = set()
        self._reachable = True
        jobs.metrics.running.set_function(lambda: len(self._attempts))

    async def run(self) -> None:
        """Run jobs until cancelled; then those that run are given back, for whoever runs next."""
        try:
            while True:
                await self._slots.acquire()
                turn = await self._next()
                attempt = asyncio.create_task(self._attempt(turn))
                self._attempts.add(attempt)
                attempt.add_done_callback(self._over)
        finally:
            attempts = list(self._attempts)
            for attempt in attempts:
                attempt.cancel()
            await asyncio.gather(*attempts, return_exceptions=True)

    def _over(self, attempt: asyncio.Task[None]) -> None:
        self._attempts.discard(attempt)
        self._slots.release()
        if not attempt.cancelled() and attempt.exception() is not None:
            _LOG.error("a job could not be ended; it runs again later", exc_info=attempt.exception())

    async def _next(self) -> Turn:
        while True:
            self._jobs.arrived.clear()
            turn = None if self._is_closing() else await self._take()
            if turn is not None:
                return turn
            with anyio.move_on_after(_POLL_SECONDS if self._reachable else _DOWN_SECONDS):
                await self._jobs.arrived.wait()

    async def _take(self) -> Turn | None:
        try:
            turn = await self._jobs.queue.take()
        except (JobsUnavailable, StorageFull) as error:
            # To take a turn out is to write: a full disk hinders that too.
            if self._reachable:
                _LOG.error("jobs wait: %s (%s)", error.message, type(error.__cause__).__name__)
            self._reachable = False
            return None
        except ValueError:
            _LOG.exception("a turn can't be read, and is passed over")
            return None
        if not self._reachable:
            _LOG.warning("the queue of jobs is reached again")
        self._reachable = True
        return turn

    async def _attempt(self, turn: Turn) -> None:
        tally = Tally(now())
        ticket = await asyncio.to_thread(self._store.claim, turn, tally.attempt)
        if ticket is None:
            return
        reading = asyncio.create_task(self._read(ticket, tally))
        beating = asyncio.create_task(self._beat(turn, tally))
        stopped = True
        try:
            await asyncio.wait({reading, beating}, return_when=asyncio.FIRST_COMPLETED)
            stopped = False
            if reading.done():
                await self._finish(turn, reading, tally)
        finally:
            for task in (reading, beating):
                task.cancel()
            await asyncio.gather(reading, beating, return_exceptions=True)
            if stopped:
                await self._give_back(turn, ticket)

    async def _read(self, ticket: Ticket, tally: Tally) -> tuple[OcrAnswer, Document]:
        deadline = Deadline.after(self._seconds, setting="JOB_TIMEOUT")
        if ticket.fields.timeout is not None:
            deadline = deadline.shortened(ticket.fields.timeout)
        path = self._store.document(ticket.id)
        if not await asyncio.to_thread(path.exists):
            # It was given up to make room for the end, and even then there was none.
            raise full("JOBS_DIR")
        return await self._read_document(ticket, path, deadline, tally)

    async def _beat(self, turn: Turn, tally: Tally) -> None:
        """Tell that the attempt goes on, and how far it is, as long as it is ours."""
        told: Attempt | None = None
        while True:
            news = tally.attempt if tally.attempt != told else None
            try:
                if not await asyncio.to_thread(self._store.beat, turn, news):
                    return
                told = news or told
            except OSError as error:
                _LOG.warning("job %s: JOBS_DIR can't be written: %s", turn.id, error.strerror)
            await asyncio.sleep(_BEAT_SECONDS)

    async def _finish(self, turn: Turn, reading: asyncio.Task[tuple[OcrAnswer, Document]], tally: Tally) -> None:
        """End the job as its reading ended. Raises OSError where even that can't be written."""
        await asyncio.to_thread(self._store.beat, turn, tally.attempt)
        error, ended = await self._keep(turn, reading)
        if error is not None:
            ended = await self._fail(turn, error)
        if ended:
            seconds = (now() - tally.attempt.started).total_seconds()
            status = "done" if error is None else "failed"
            self._metrics.over(error)
            self._metrics.seconds.observe(seconds)
            why = "" if error is None else f" ({error.code})"
            _LOG.info("job %s: %s%s after %.3f s, %d pages", turn.id, status, why, seconds, tally.attempt.done)

    async def _keep(
        self, turn: Turn, reading: asyncio.Task[tuple[OcrAnswer, Document]]
    ) -> tuple[GatewayError | None, bool]:
        """Keep the answer: what hindered it, and whether the job has ended by it. Raises OSError."""
        error = reading.exception()
        if isinstance(error, GatewayError):
            return error, False
        if error is not None:
            _LOG.error("job %s failed", turn.id, exc_info=error)
            return GatewayError("the gateway failed at this job; its log says why, under the job's id"), False
        try:
            with room_in("JOBS_DIR"):
                return None, await asyncio.to_thread(self._store.finish, turn, *reading.result())
        except StorageFull as no_room:
            return no_room, False

    async def _fail(self, turn: Turn, error: GatewayError) -> bool:
        if isinstance(error, StorageFull):
            # Nobody reads it any more, and the end needs room.
            await asyncio.to_thread(self._store.document(turn.id).unlink, missing_ok=True)
        end = End(status="failed", ended=now(), attempt=turn.number, fault=Fault.of(error))
        return await asyncio.to_thread(self._store.end, turn.id, end)

    async def _give_back(self, turn: Turn, ticket: Ticket) -> None:
        """Let another run the job at once; where that can't be told, it is found later."""
        with suppress(OSError, JobsUnavailable, StorageFull):
            await asyncio.to_thread(self._store.release, turn, "returned")
            await self._jobs.queue.put(Turn(turn.id, turn.number + 1), ticket.client, first=True)
            _LOG.info("job %s is given back", turn.id)
