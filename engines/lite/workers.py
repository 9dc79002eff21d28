"""A pool of threads that shares its time among owners: a long table does not hold up a title."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")
Task = Callable[[], None]


class Owner:
    """Whoever tasks belong to: a crop, or a page. Owners with tasks waiting are served in turn."""

    def __init__(self) -> None:
        self.waiting: deque[Task] = deque()


class FairPool:
    """Threads that run one task of each owner in turn.

    Tasks given to `submit` catch their own exceptions; `call` does that for a function. With a `niceness` above 0 the
    threads leave the cores to others that have work (Linux keeps it a thread).
    """

    def __init__(self, threads: int, name: str, niceness: int = 0) -> None:
        self._niceness = niceness
        self._turns: deque[Owner] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True) for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, owner: Owner, *tasks: Task) -> None:
        """Queue tasks of one owner. Raises RuntimeError after `close`."""
        with self._changed:
            if self._closed:
                raise RuntimeError("the worker pool is closed")
            if not owner.waiting and tasks:
                self._turns.append(owner)
            owner.waiting.extend(tasks)
            self._changed.notify(len(tasks))

    def call(self, owner: Owner, function: Callable[[], T]) -> Future[T]:
        """Queue one function; the future has its result or its exception. Raises RuntimeError after `close`."""
        future: Future[T] = Future()
        self.submit(owner, lambda: _run(function, future))
        return future

    def close(self) -> None:
        """Drop what waits, finish what runs, end the threads."""
        with self._changed:
            self._closed = True
            self._turns.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        if self._niceness:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), self._niceness)
        while (task := self._next()) is not None:
            task()

    def _next(self) -> Task | None:
        """The next task, waiting for one; None once the pool is closed."""
        with self._changed:
            while not self._turns and not self._closed:
                self._changed.wait()
            if self._closed:
                return None
            owner = self._turns.popleft()
            task = owner.waiting.popleft()
            if owner.waiting:
                self._turns.append(owner)
            return task


def _run(function: Callable[[], T], future: Future[T]) -> None:
    try:
        future.set_result(function())
    except Exception as error:  # noqa: BLE001 - whoever waits for the future gets it
        future.set_exception(error)
