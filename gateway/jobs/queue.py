"""Which job is next: huey's storage, in Redis or in a SQLite file, and the order in it fair between clients."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from huey.storage import PriorityRedisStorage, SqliteStorage
from redis import ConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from gateway.access.clients import sharer
from gateway.errors import JobsUnavailable
from gateway.jobs.job import Turn
from gateway.storage import full

T = TypeVar("T")

_SECONDS = 5.0
"""What Redis may take to connect, and to answer."""
_RETRY_AFTER = 5
_THREADS = 4
"""Of its own: a Redis that takes connections and says nothing must not hold those that the gateway works with."""


class Storage(Protocol):
    """What is used of huey's storage: messages, those of the highest priority and of these the oldest first."""

    def enqueue(self, data: bytes, priority: float | None = None) -> None:
        """Put one in."""

    def dequeue(self) -> bytes | None:
        """Take the next one out; nobody else gets it."""

    def enqueued_items(self, limit: int | None = None) -> list[bytes]:
        """Those that wait, in their order."""

    def remove(self, data: bytes) -> None:
        """Take this one out."""

    def close(self) -> object:
        """Close the connection."""


class _Redis(PriorityRedisStorage):  # type: ignore[misc]
    """In Redis."""

    def remove(self, data: bytes) -> None:
        """Take a message out, which huey has no way for: before it stand eight bytes of time."""
        for item in self.conn.zrange(self.queue_key, 0, -1):
            if item[8:] == data:
                self.conn.zrem(self.queue_key, item)

    def close(self) -> None:
        """Close all connections."""
        self.pool.disconnect()


class _Sqlite(SqliteStorage):  # type: ignore[misc]
    """In a file."""

    def remove(self, data: bytes) -> None:
        """Take a message out, which huey has no way for."""
        self.sql("delete from task where queue = ? and data = ?", (self.name, data), commit=True)


def in_redis(url: str, name: str) -> Storage:
    """The queue `name` in the Redis at `url`, which is not yet asked for anything."""
    # Once more at once: a connection of a Redis that was started anew meanwhile is dead.
    once = Retry(NoBackoff(), 1)
    pool = ConnectionPool.from_url(url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS, retry=once)
    storage: Storage = _Redis(f"ocr_jobs_{name}", connection_pool=pool, blocking=False)
    return storage


def in_file(path: Path, name: str) -> Storage:
    """The queue `name` in a SQLite file, which is made where it is not."""
    storage: Storage = _Sqlite(f"ocr_jobs_{name}", filename=str(path), timeout=_SECONDS)
    return storage


@dataclass(frozen=True)
class Waiting:
    """A turn that waits at a `place`, the lowest next; `client` as turns are shared."""

    place: int
    turn: Turn
    client: str

    @classmethod
    def parse(cls, message: bytes) -> Waiting:
        """A message of the queue."""
        place, job_id, number, client = message.decode().split(" ", 3)
        return cls(int(place), Turn(job_id, int(number)), client)

    def message(self) -> bytes:
        """What lies in the queue."""
        return f"{self.place} {self.turn.id} {self.turn.number} {self.client}".encode()


class JobQueue:
    """Turns that wait. Everything raises JobsUnavailable where the queue can't be reached, and StorageFull."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="jobs")

    async def put(self, turn: Turn, client: str, *, first: bool = False) -> None:
        """Let a turn wait: behind those of its client, but a place at a time with those of others; or before all."""
        await self._call(lambda: self._put(turn, sharer(client), first=first))

    async def take(self) -> Turn | None:
        """The next turn, which nobody else gets; None where none waits. Raises ValueError where it can't be read."""
        message = await self._call(self._storage.dequeue)
        return None if message is None else Waiting.parse(bytes(message)).turn

    async def waiting(self) -> list[Waiting]:
        """Those that wait, in their order."""
        return await self._call(self._waiting)

    async def remove(self, job_id: str) -> None:
        """Let a job wait no longer."""
        await self._call(lambda: self._remove(job_id))

    async def close(self) -> None:
        """Close the connection."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._storage.close)

    def _put(self, turn: Turn, client: str, *, first: bool) -> None:
        waiting = self._waiting()
        front = waiting[0].place if waiting else 0
        # Start-time fair queueing (Goyal, Vin and Cheng, 1996): a client's next place is one behind its last, and not
        # before the place that is served now.
        own = [item.place + 1 for item in waiting if item.client == client]
        place = front - 1 if first else max([front, *own])
        self._storage.enqueue(Waiting(place, turn, client).message(), priority=-place)

    def _waiting(self) -> list[Waiting]:
        waiting = []
        for message in self._storage.enqueued_items():
            # One that can't be read hinders no other; `take` tells of it when it comes.
            with suppress(ValueError):
                waiting.append(Waiting.parse(bytes(message)))
        return waiting

    def _remove(self, job_id: str) -> None:
        for item in self._waiting():
            if item.turn.id == job_id:
                self._storage.remove(item.message())

    async def _call(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except (RedisError, sqlite3.Error) as error:
            if isinstance(error, sqlite3.OperationalError) and "full" in str(error):
                raise full("JOBS_DIR") from error
            raise JobsUnavailable(
                "the queue of jobs can't be reached: send it again later; its operator looks after the Redis of "
                "REDIS_URL, or the disk of JOBS_DIR",
                retry_after=_RETRY_AFTER,
            ) from error
