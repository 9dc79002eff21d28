"""The decode loop's own metrics, gathered between flushes: a step takes milliseconds, and a metric call travels."""

from __future__ import annotations

import time

from backend.metrics import Metrics

FLUSH_SECONDS = 0.5


class LoopMetrics:
    """Hears what the decode loop does (engines.decoding.loop.Observer), on the loop's thread."""

    def __init__(self, metrics: Metrics) -> None:
        self._counters = {
            name: metrics.counter(f"vlm_{name}_total", description)
            for name, description in (
                ("steps", "Decode steps"),
                ("step_rows", "Rows decoded, summed over the steps: by vlm_steps_total, the mean rows a step"),
                ("decode_seconds", "Seconds of decode steps"),
                ("vision_seconds", "Seconds of crops in the vision tower"),
                ("prefill_seconds", "Seconds of prefills"),
                ("admitted_crops", "Crops that came to their first token"),
                ("generated_tokens", "Tokens generated, those of crops still decoding included"),
            )
        }
        self._gauges = {
            name: metrics.gauge(f"vlm_{name}", description)
            for name, description in (
                ("slots_in_use", "Rows that decode"),
                ("waiting_crops", "Crops ready for the engine that wait for the vision tower or a slot"),
                ("cache_tokens", "Tokens of the cache that rows take up, those on their way in included"),
                ("cache_budget_tokens", "Tokens that the cache may hold"),
            )
        }
        self._sums = dict.fromkeys(self._counters, 0.0)
        self._levels = dict.fromkeys(self._gauges, 0.0)
        self._flushed = 0.0

    def admitted(self, rows: int, vision_seconds: float, prefill_seconds: float) -> None:
        """Rows came to their first token."""
        self._sums["admitted_crops"] += rows
        self._sums["generated_tokens"] += rows
        self._sums["vision_seconds"] += vision_seconds
        self._sums["prefill_seconds"] += prefill_seconds

    def stepped(self, rows: int, seconds: float) -> None:
        """One token of each row was decoded."""
        self._sums["steps"] += 1
        self._sums["step_rows"] += rows
        self._sums["generated_tokens"] += rows
        self._sums["decode_seconds"] += seconds

    def holds(self, rows: int, waiting: int, cache_tokens: int, cache_budget: int) -> None:
        """Note the levels, and pass everything on if that is due or the loop runs empty."""
        self._levels = {
            "slots_in_use": rows,
            "waiting_crops": waiting,
            "cache_tokens": cache_tokens,
            "cache_budget_tokens": cache_budget,
        }
        if time.monotonic() - self._flushed >= FLUSH_SECONDS or not rows:
            self._flush()

    def _flush(self) -> None:
        self._flushed = time.monotonic()
        for name, amount in self._sums.items():
            if amount:
                self._counters[name].add(amount)
        for name, level in self._levels.items():
            self._gauges[name].set(level)
        self._sums = dict.fromkeys(self._counters, 0.0)
