"""Metrics of our own on Triton's /metrics.

With a response sender Triton's own queue and duration metrics see no more than execute().
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

import triton_python_backend_utils as pb_utils

BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64)
SECONDS_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Family:
    """A metric family whose members are made as their labels first appear. Safe to use from many threads."""

    def __init__(self, kind: int, name: str, description: str, buckets: Sequence[float] | None = None) -> None:
        self._family = pb_utils.MetricFamily(name=name, description=description, kind=kind)
        self._buckets = list(buckets) if buckets else None
        self._members: dict[tuple[tuple[str, str], ...], Any] = {}
        self._lock = Lock()

    def labelled(self, labels: Mapping[str, str]) -> Any:
        """The family's member with these labels: a `pb_utils.Metric`."""
        key = tuple(sorted(labels.items()))
        with self._lock:
            if key not in self._members:
                options = {"buckets": self._buckets} if self._buckets else {}
                self._members[key] = self._family.Metric(labels=dict(labels), **options)
            return self._members[key]


class Counter(Family):
    """Counts up."""

    def __init__(self, name: str, description: str) -> None:
        super().__init__(pb_utils.MetricFamily.COUNTER, name, description)

    def add(self, amount: float = 1, **labels: str) -> None:
        """Count `amount` more under these labels."""
        self.labelled(labels).increment(amount)


class Gauge(Family):
    """Goes up and down."""

    def __init__(self, name: str, description: str) -> None:
        super().__init__(pb_utils.MetricFamily.GAUGE, name, description)

    def add(self, amount: float, **labels: str) -> None:
        """Move the value by `amount`."""
        self.labelled(labels).increment(amount)


class Histogram(Family):
    """Distributes observations over buckets."""

    def __init__(self, name: str, description: str, buckets: Sequence[float]) -> None:
        super().__init__(pb_utils.MetricFamily.HISTOGRAM, name, description, buckets)

    def observe(self, value: float, **labels: str) -> None:
        """Add one observation."""
        self.labelled(labels).observe(value)
