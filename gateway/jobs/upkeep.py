"""Looks after all jobs, whoever runs them: brings back those that nobody reads, and forgets those that are over."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress

from gateway.errors import JobLost, JobsUnavailable, StorageFull
from gateway.jobs.job import End, Fault, Turn
from gateway.jobs.jobs import Jobs
from gateway.jobs.store import Sign, now

_LOG = logging.getLogger(__name__)
_LOST_AT_MOST = 3
"""A document that kills its gateway so often is not tried again."""


class Upkeep:
    """A job that gives no sign of life for `lease` seconds, and waits for no turn, gets a turn again.

    Every gateway does this; of two turns for one attempt the second finds it taken. Seconds are counted here, from when
    a sign was first seen, so that the clocks of gateways may differ.
    """

    def __init__(self, jobs: Jobs, *, lease: float) -> None:
        self._jobs = jobs
        self._store = jobs.store
        self._lease = lease
        self._seen: dict[str, tuple[Sign, float]] = {}
        self._expires_at: dict[str, float] = {}
        self._metrics = jobs.metrics
        self._told = ""

    async def run(self) -> None:
        """Look after the jobs until cancelled."""
        while True:
            try:
                await self.look()
            except StorageFull as error:
                self._tell(error.message)
            except OSError as error:
                self._tell(f"JOBS_DIR can't be looked through: {error.strerror}")
            else:
                self._told = ""
            await asyncio.sleep(self._lease / 3)

    def _tell(self, trouble: str) -> None:
        """Log what hinders a look, once and not at each."""
        if trouble != self._told:
            _LOG.error("jobs are not looked after: %s", trouble)
        self._told = trouble

    async def look(self) -> None:
        """Look once. Raises OSError, StorageFull."""
        signs = await asyncio.to_thread(self._survey)
        with suppress(JobsUnavailable):
            waiting = {item.turn.id for item in await self._jobs.queue.waiting()}
            self._metrics.waiting.set(len(waiting))
            await self._bring_back([sign for sign in signs if sign.id not in waiting])

    async def _bring_back(self, signs: list[Sign]) -> None:
        """Give turns to those of `signs`, which wait for none, that did not change for long."""
        moment = time.monotonic()
        before, self._seen = self._seen, {}
        for sign in signs:
            last, since = before.get(sign.id, (sign, moment))
            self._seen[sign.id] = (sign, since if last == sign else moment)
        for sign in signs:
            if moment - self._seen[sign.id][1] >= self._lease:
                await self._give_turn(sign)
                del self._seen[sign.id]

    async def _give_turn(self, sign: Sign) -> None:
        if sign.running:
            lost = await asyncio.to_thread(self._store.release, Turn(sign.id, sign.attempts), "lost")
            _LOG.warning("job %s gave no sign of life for %g s: it runs again", sign.id, self._lease)
            if lost >= _LOST_AT_MOST:
                error = JobLost(f"{lost} times the gateway that read this document died or hung: it is not tried again")
                end = End(status="failed", ended=now(), attempt=sign.attempts, fault=Fault.of(error))
                # Of several gateways that see it, one ends it.
                if await asyncio.to_thread(self._store.end, sign.id, end):
                    self._metrics.over(error)
                return
        await self._jobs.queue.put(Turn(sign.id, sign.attempts + 1), sign.client, first=True)
        self._metrics.brought_back.inc()

    def _survey(self) -> list[Sign]:
        """What is seen of those that have not ended; those that are over are forgotten."""
        self._store.remove_unfinished()
        ids = self._store.ids()
        expires_at = {job_id: at for job_id in ids if (at := self._expires_at.get(job_id)) is not None}
        signs = []
        for job_id in ids:
            if expires_at.get(job_id, 0.0) > time.time():
                continue
            expires_at.pop(job_id, None)
            try:
                if (sign := self._store.sign(job_id)) is not None:
                    signs.append(sign)
                elif (at := self._store.remove_expired(job_id)) is not None:
                    expires_at[job_id] = at
            except ValueError:
                _LOG.exception("job %s: its files can't be read", job_id)
        self._expires_at = expires_at
        return signs
