"""The server that is measured: where it listens, and what happens inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpx2 as httpx
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.perf.levels import Inside, Stage
from benchmarks.running import cpu_seconds, running_product
from supervisor.stack import Stack

SETTINGS = {"MAX_REQUESTS": "8", "MAX_QUEUE": "8", "CLIENT_SHARE": "1", "LOG_LEVEL": "warning"}
"""Of the gateway that is started here: a queue of seconds, so that a short level can fill it."""

Readings = Mapping[str, float]

_TRITON = "nv_inference_"


@dataclass(frozen=True)
class Server:
    """Addresses: Triton's HTTP as host:port, its metrics and the gateway as URLs. `stack` where it was started here."""

    triton: str
    metrics: str
    gateway: str
    stack: Stack | None = None

    @contextmanager
    def watched(self, model: str) -> Iterator[Callable[[], Inside]]:
        """What happened inside, once the block is left; `model` is the one that is asked."""
        seen: list[Inside] = []
        before, cpu = self._totals(), self._cpu_seconds()
        yield lambda: seen[0]
        used = self._cpu_seconds() - cpu if self.stack else None
        seen.append(inside(before, self._totals(), model, used))

    def _totals(self) -> Readings:
        return totals(httpx.get(self.metrics).raise_for_status().text)

    def _cpu_seconds(self) -> float:
        return cpu_seconds(self.stack) if self.stack else 0.0


@contextmanager
def started() -> Iterator[Server]:
    """The product on free ports, with `SETTINGS`."""
    with running_product(**SETTINGS) as stack:
        yield Server(stack.triton_url.removeprefix("http://"), stack.metrics_url, stack.gateway_url, stack)


def totals(metrics: str) -> Readings:
    """Triton's metrics: its own as `name/model`, those of the models by name; summed over other labels."""
    values: dict[str, float] = {}
    for family in text_string_to_metric_families(metrics):
        for sample in family.samples:
            model = sample.labels.get("model")
            name = f"{sample.name}/{model}" if model else sample.name
            values[name] = values.get(name, 0.0) + sample.value
    return values


def inside(before: Readings, after: Readings, model: str, cpu_seconds: float | None = None) -> Inside:
    """What the models did between two readings, and the server's CPU seconds for each request that `model` answered.

    Triton's queue is that of `layout`. `vlm` takes its crops over at once and answers later, so it counts for itself.
    """
    changed = {name: value - before.get(name, 0.0) for name, value in after.items()}
    layout = _stage(
        batch=_mean(changed, "layout_batch_pages_sum", "layout_batch_pages_count"),
        queue=_mean(
            changed, f"{_TRITON}queue_duration_us_total/layout", f"{_TRITON}request_success_total/layout", 1e-3
        ),
        engine=_mean(changed, "layout_engine_seconds_sum", "layout_engine_seconds_count", 1e3),
    )
    vlm = _stage(
        batch=_mean(changed, "vlm_batch_crops_sum", "vlm_batch_crops_count"),
        queue=_mean(changed, "vlm_queue_seconds_sum", "vlm_queue_seconds_count", 1e3),
        engine=_mean(changed, "vlm_engine_seconds_sum", "vlm_engine_seconds_count", 1e3),
    )
    answered = changed.get(f"{_TRITON}request_success_total/{model}")
    cpu = cpu_seconds / answered if cpu_seconds is not None and answered else None
    return Inside(cpu=cpu, layout=layout, vlm=vlm)


def _mean(changed: Readings, total: str, count: str, scale: float = 1.0) -> float | None:
    return scale * changed[total] / changed[count] if changed.get(count) else None


def _stage(batch: float | None, queue: float | None, engine: float | None) -> Stage | None:
    if batch is None or queue is None or engine is None:
        return None
    return Stage(batch=batch, queue=queue, engine=engine)
