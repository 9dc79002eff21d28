"""Taking jobs in, telling how they are, and ending them: what the routes work with.

    job = await jobs.submit(fields, path, client, request_id)
    job = await jobs.get(job.id)
    result = await jobs.result(job.id)
    await jobs.cancel(job.id)

Whose a job is the routes decide, by its ticket's `client`.
"""

from __future__ import annotations

import asyncio
import math
import sqlite3
import uuid
from collections.abc import Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path

from gateway.access.clients import sharer
from gateway.errors import JobNotDone, JobsUnavailable, NoSuchJob, TooManyRequests
from gateway.jobs.job import End, Job, Ticket, Turn
from gateway.jobs.metrics import JobMetrics
from gateway.jobs.queue import JobQueue, in_file, in_redis
from gateway.jobs.result import Result
from gateway.jobs.store import JobStore, now
from gateway.metrics import Metrics
from gateway.pages.kinds import HEADER_BYTES, sniff
from gateway.schemas import OcrFields
from gateway.settings import Settings, SettingsError
from gateway.storage import room_in

_RETRY_AFTER = 30


class Jobs:
    """Jobs in `store`, of which at most `limit` wait in `queue`, and of one client at most `share` of these."""

    def __init__(self, store: JobStore, queue: JobQueue, metrics: JobMetrics, *, limit: int, share: float) -> None:
        self.store = store
        self.queue = queue
        self.metrics = metrics
        self.arrived = asyncio.Event()
        """Set when a job was taken in here."""
        self.making = asyncio.Lock()
        """Held while another form of an answer is made of its files: the whole document is in memory meanwhile."""
        self._limit = limit
        self._limit_each = max(1, math.floor(limit * share))
        self._tickets: dict[str, Ticket] = {}

    async def submit(
        self,
        fields: OcrFields,
        document: Path,
        client: str,
        request_id: str,
        *,
        visualize: bool = False,
        labels: Mapping[str, str] | None = None,
    ) -> Job:
        """Take in a job to read `document`, which is moved away; `labels` are kept with it.

        Raises EmptyFile, UnsupportedFile, TooManyRequests, StorageFull, JobsUnavailable; then nothing of it stays.
        """
        await asyncio.to_thread(_check_kind, document)
        await self._check_room(client)
        ticket = Ticket(
            id=uuid.uuid4().hex,
            client=client,
            request_id=request_id,
            created=now(),
            fields=OcrFields.model_validate(fields.model_dump(include=set(OcrFields.model_fields))),
            visualize=visualize,
            labels=dict(labels or {}),
        )
        with room_in("JOBS_DIR"):
            await asyncio.to_thread(self.store.add, ticket, document)
        try:
            await self.queue.put(Turn(ticket.id, 1), client)
        except BaseException:
            await asyncio.to_thread(self.store.remove, ticket.id)
            raise
        self.metrics.taken_in.inc()
        self.arrived.set()
        return Job(ticket, "queued", None, None, None)

    async def get(self, job_id: str) -> Job:
        """The job as it is now. Raises NoSuchJob."""
        job = await asyncio.to_thread(self.store.load, job_id)
        if job is None:
            raise NoSuchJob("there is no such job, or no longer: JOBS_KEEP_SECONDS after its end a job is forgotten")
        return job

    async def of_client(self, client: str, *, limit: int, labels: Mapping[str, str] | None = None) -> list[Job]:
        """The newest `limit` jobs of `client` that have these labels, the newest first."""
        return await asyncio.to_thread(self._of_client, client, limit, dict(labels or {}))

    async def cancel(self, job_id: str) -> Job | None:
        """End a job that waits or runs, which it then tells; forget one that has ended (None). Raises NoSuchJob."""
        job = await self.get(job_id)
        ended = False
        # On a full disk there is no room to tell; then it is forgotten at once.
        with suppress(OSError):
            ended = await asyncio.to_thread(self.store.end, job_id, End(status="cancelled", ended=now()))
        if ended:
            self.metrics.ended.labels("cancelled").inc()
        else:
            await asyncio.to_thread(self.store.remove, job_id)
        if job.status == "queued":
            # A turn that stays is passed over when it comes.
            with suppress(JobsUnavailable):
                await self.queue.remove(job_id)
        return await self.get(job_id) if ended else None

    async def result(self, job_id: str) -> Result:
        """The answer of a job. Raises NoSuchJob, JobNotDone, and the error of a job that failed."""
        job = await self.get(job_id)
        if job.end is None:
            raise JobNotDone(f"the job is {job.status}: ask again when its status is done")
        if job.end.status == "cancelled":
            raise JobNotDone("the job was cancelled: it has no result")
        if job.end.fault is not None:
            raise job.end.fault.error()
        return self.store.result(job)

    async def close(self) -> None:
        """Close the queue's connection."""
        await self.queue.close()

    async def _check_room(self, client: str) -> None:
        waiting = await self.queue.waiting()
        if len(waiting) >= self._limit:
            raise TooManyRequests(
                f"{len(waiting)} jobs wait: send it again later (MAX_JOBS sets the limit)", retry_after=_RETRY_AFTER
            )
        own = sum(item.client == sharer(client) for item in waiting)
        if own >= self._limit_each:
            raise TooManyRequests(
                f"{own} jobs of yours wait already: send it again later (CLIENT_SHARE of MAX_JOBS is what one client "
                "may have)",
                retry_after=_RETRY_AFTER,
            )

    def _of_client(self, client: str, limit: int, labels: dict[str, str]) -> list[Job]:
        own = [
            ticket
            for ticket in self._all_tickets()
            if ticket.client == client and labels.items() <= ticket.labels.items()
        ]
        own.sort(key=lambda ticket: ticket.created, reverse=True)
        found = (job for ticket in own if (job := self.store.load(ticket.id)) is not None)
        return list(islice(found, limit))

    def _all_tickets(self) -> list[Ticket]:
        """What was asked, read once of each job and without the fields, which may be large."""
        known, tickets = self._tickets, {}
        for job_id in self.store.ids():
            ticket = known.get(job_id) or self.store.ticket(job_id)
            if ticket is not None:
                tickets[job_id] = ticket.model_copy(update={"fields": OcrFields()})
        self._tickets = tickets
        return list(tickets.values())


def _check_kind(document: Path) -> None:
    with document.open("rb") as file:
        sniff(file.read(HEADER_BYTES))


def open_jobs(settings: Settings, metrics: Metrics) -> Jobs:
    """The jobs that `settings` describe. Blocks; raises SettingsError where JOBS_DIR can't be used."""
    store = JobStore(settings.jobs_dir, settings.jobs_keep_seconds)
    try:
        name = store.open()
        # Named after the folder: gateways that do not see the same files never get each other's turns.
        storage = (
            in_file(store.folder / "queue.db", name)
            if settings.redis_url is None
            else in_redis(settings.redis_url.get_secret_value(), name)
        )
    except (OSError, sqlite3.Error) as error:
        raise SettingsError(
            f"JOBS_DIR: {store.folder} can't be used ({error}): name a folder that can be written, or set JOBS=off"
        ) from None
    return Jobs(store, JobQueue(storage), JobMetrics(metrics), limit=settings.max_jobs, share=settings.client_share)
