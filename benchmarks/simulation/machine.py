"""A machine with one GPU: `ocr` on its CPU, and `layout` and `vlm` in turn on its device.

What is modelled is what engines.layout, engines.decoding and the models of model_repository do. `layout` takes the
pages that wait when its last batch is done. `vlm` brings a crop to its first token as soon as a slot is free, and
decodes one token of all its rows a step. Where both have work they take turns, as on a GPU that two processes share.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import simpy

from benchmarks.simulation.stages import Stages

Steps = Generator[simpy.Event, Any, None]

CPU_BEFORE, CPU_BETWEEN, CPU_AFTER = 0.5, 0.35, 0.15
"""Parts of a page's CPU seconds: up to its layout (checking or drawing, decoding), up to its crops, and after them.
Source: `python -m benchmarks.breakdown`, docs/performance.md."""


@dataclass
class Row:
    """A crop: how many tokens it still has to get, and the event of its last one."""

    left: int
    done: simpy.Event


class Machine:
    """One GPU with its CPU; `cores` may be those of other machines too."""

    def __init__(self, env: simpy.Environment, stages: Stages, cores: simpy.Resource, chance: random.Random) -> None:
        self._env = env
        self._stages = stages
        self._cores = cores
        self._chance = chance
        self._pages: deque[simpy.Event] = deque()
        self._batch: list[simpy.Event] = []
        self._crops: deque[Row] = deque()
        self._rows: list[Row] = []
        self._news = env.event()
        self.in_flight = 0
        self.busy_seconds = 0.0
        self.pages_done = 0
        self.batches = 0
        self.batched_pages = 0
        env.process(self._run_device())

    def read(self) -> Steps:
        """One page, from its arrival to its answer."""
        stages = self._stages
        self.in_flight += 1
        yield self._env.timeout(stages.wait_seconds)
        yield from self._compute(CPU_BEFORE)
        boxes = self._env.event()
        self._pages.append(boxes)
        self._form_batch()
        yield boxes
        yield from self._compute(CPU_BETWEEN)
        yield self._env.all_of(self._submit())
        yield from self._compute(CPU_AFTER)
        self.in_flight -= 1
        self.pages_done += 1

    def _compute(self, part: float) -> Steps:
        if self._stages.cpu_seconds:
            with self._cores.request() as core:
                yield core
                yield self._env.timeout(part * self._stages.cpu_seconds)

    def _submit(self) -> list[simpy.Event]:
        """Queue the crops of a page; the events of their texts."""
        stages, chance = self._stages, self._chance
        # A number of crops that is no whole one on average.
        count = math.floor(stages.crops) + (chance.random() < stages.crops % 1)
        lengths = (stages.tokens * (1 + stages.spread * chance.uniform(-1, 1)) for _ in range(count))
        rows = [Row(max(1, round(length)), self._env.event()) for length in lengths]
        self._crops.extend(rows)
        if len(self._rows) < stages.slots:
            self._tell()
        return [row.done for row in rows]

    def _form_batch(self) -> None:
        """Take what waits for `layout`, if it has no batch."""
        if self._batch or not self._pages:
            return
        count = min(len(self._pages), self._stages.layout_batch)
        self._batch = [self._pages.popleft() for _ in range(count)]
        self._tell()

    def _tell(self) -> None:
        """Wake the device."""
        if not self._news.triggered:
            self._news.succeed()

    def _run_device(self) -> Steps:
        is_turn_of_layout = True
        while True:
            decodes = bool(self._rows or self._crops)
            if self._batch and (is_turn_of_layout or not decodes):
                yield from self._detect()
            elif decodes:
                yield from self._admit_or_step()
            else:
                yield self._next_news()
            is_turn_of_layout = not is_turn_of_layout or not self._batch

    def _detect(self) -> Steps:
        stages, batch = self._stages, self._batch
        yield from self._work(stages.layout_seconds + len(batch) * stages.layout_page_seconds)
        self.batches += 1
        self.batched_pages += len(batch)
        self._batch = []
        for boxes in batch:
            boxes.succeed()
        self._form_batch()

    def _admit_or_step(self) -> Steps:
        stages = self._stages
        if self._crops and len(self._rows) < stages.slots:
            row = self._crops.popleft()
            yield from self._work(stages.prefill_seconds)
            row.left -= 1
            self._rows.append(row)
            # Its first token may be its last.
            if not row.left:
                self._end_rows()
            return
        step = stages.step_seconds + len(self._rows) * stages.step_row_seconds
        steps = yield from self._steps(step)
        for row in self._rows:
            row.left -= steps
        self._end_rows()

    def _steps(self, step: float) -> Generator[simpy.Event, Any, int]:
        """Steps up to the next end of a row, or to news of a page or a crop; how many they were."""
        most = 1 if self._batch else min(row.left for row in self._rows)
        start, news = self._env.now, self._next_news()
        if most == 1 or step == 0:
            yield from self._work(step * most)
            return most
        yield self._env.any_of([self._env.timeout(most * step), news])
        # A step that news comes into is ended. What is left of it is less than nothing by rounding only.
        steps = min(most, max(1, math.ceil((self._env.now - start) / step - 1e-9)))
        rest = start + steps * step - self._env.now
        if rest > 0:
            yield self._env.timeout(rest)
        self.busy_seconds += steps * step
        return steps

    def _work(self, seconds: float) -> Steps:
        yield self._env.timeout(seconds)
        self.busy_seconds += seconds

    def _end_rows(self) -> None:
        for row in self._rows:
            if not row.left:
                row.done.succeed()
        self._rows = [row for row in self._rows if row.left]

    def _next_news(self) -> simpy.Event:
        self._news = self._env.event()
        return self._news
