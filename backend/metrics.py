"""Metrics of our own on Triton's /metrics.

With a response sender Triton's own queue and duration metrics see no more than execute(). The python backend mixes up
metric calls that several threads make at once, and has crashed the server on it, so one thread makes them all, from a
queue; that also takes their round trip to the server off the way of the answers.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from operator import methodcaller
from queue import SimpleQueue
from threading import Thread
from typing import Any

import triton_python_backend_utils as pb_utils

logger = logging.getLogger("paddleocr_vl")

BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64)
SECONDS_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)

Labels = tuple[tuple[str, str], ...]


class Metrics:
    """The metric families of one model. Their methods may be called from any thread, and return at once."""

    def __init__(self) -> None:
        self._updates: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = Thread(target=self._apply, name="metrics", daemon=True)
        self._thread.start()

    def counter(self, name: str, description: str) -> Counter:
        """A family of counters."""
        return Counter(self._updates, pb_utils.MetricFamily.COUNTER, name, description)

    def gauge(self, name: str, description: str) -> Gauge:
        """A family of gauges."""
        return Gauge(self._updates, pb_utils.MetricFamily.GAUGE, name, description)

    def histogram(self, name: str, description: str, buckets: Sequence[float]) -> Histogram:
        """A family of histograms with these upper bounds."""
        return Histogram(self._updates, pb_utils.MetricFamily.HISTOGRAM, name, description, buckets)

    def close(self) -> None:
        """Apply what is queued and end."""
        self._updates.put(None)
        self._thread.join()

    def _apply(self) -> None:
        while update := self._updates.get():
            try:
                update()
            except Exception:
                logger.exception("a metric could not be updated")


class _Family:
    """A metric family whose members are made as their labels first appear."""

    def __init__(
        self,
        updates: SimpleQueue[Callable[[], None] | None],
        kind: int,
        name: str,
        description: str,
        buckets: Sequence[float] | None = None,
    ) -> None:
        self._updates = updates
        self._family = pb_utils.MetricFamily(name=name, description=description, kind=kind)
        self._buckets = {"buckets": list(buckets)} if buckets else {}
        self._members: dict[Labels, Any] = {}

    def _queue(self, operation: Callable[[Any], None], labels: dict[str, str]) -> None:
        self._updates.put(partial(self._update, operation, tuple(sorted(labels.items()))))

    def _update(self, operation: Callable[[Any], None], labels: Labels) -> None:
        if labels not in self._members:
            self._members[labels] = self._family.Metric(labels=dict(labels), **self._buckets)
        operation(self._members[labels])


class Counter(_Family):
    """Counts up."""

    def add(self, amount: float = 1, **labels: str) -> None:
        """Count `amount` more under these labels."""
        self._queue(methodcaller("increment", amount), labels)


class Gauge(_Family):
    """Goes up and down."""

    def add(self, amount: float, **labels: str) -> None:
        """Move the value by `amount`."""
        self._queue(methodcaller("increment", amount), labels)

    def set(self, value: float, **labels: str) -> None:
        """Put the value to `value`."""
        self._queue(methodcaller("set", value), labels)


class Histogram(_Family):
    """Distributes observations over buckets."""

    def observe(self, value: float, **labels: str) -> None:
        """Add one observation."""
        self._queue(methodcaller("observe", value), labels)
