"""The recognition engine that sleeps in a GPU's place, for tests of capacity: a decode loop without a model."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Condition, Thread

from engines.decoding.observer import Observer
from engines.errors import EngineFailure
from engines.futures import fail, succeed
from engines.settings import EngineSettings
from engines.sleep.device import Device
from engines.sleep.settings import SleepSettings
from engines.sleep.texts import WARNING, made_text, tokens_of
from engines.vlm.base import Crop, FinishReason, Text

logger = logging.getLogger("paddleocr_vl")

SLOTS = 64
"""Crops that decode at once where VLM_SLOTS names no other number: as many as the paddle engine's on a GPU."""
_CLOSED = "the sleeping engine was closed"


@dataclass
class _Row:
    """A crop, how many tokens its text will have, and how many it has."""

    crop: Crop
    future: Future[Text]
    wanted: int
    arrived_at: float
    begun_at: float = 0.0
    generated: int = 0

    @property
    def is_late(self) -> bool:
        deadline = self.crop.options.deadline
        return deadline is not None and time.time() >= deadline

    @property
    def ending(self) -> FinishReason | None:
        """Why it ends now; None while it decodes."""
        if self.is_late:
            return "deadline"
        if self.generated < min(self.wanted, self.crop.options.max_new_tokens):
            return None
        return "length" if self.generated < self.wanted else "stop"


class SleepVlm:
    """Continuous batching: a prefill for each crop that finds a slot, then a step for all rows. See docs/scaling.md."""

    def __init__(self, engine: EngineSettings, settings: SleepSettings, observer: Observer | None = None) -> None:
        self._settings = settings
        self._slots = engine.vlm_slots or SLOTS
        self._observer = observer
        self._waiting: deque[_Row] = deque()
        self._rows: list[_Row] = []
        self._changed = Condition()
        self._closed = False

    def load(self) -> None:
        """Open the device and start the loop; the log tells that nothing is read."""
        logger.warning(WARNING)
        self._device = Device(self._settings.sleep_device)
        self._thread = Thread(target=self._run, name="vlm-sleep", daemon=True)
        self._thread.start()

    def submit(self, crops: Sequence[Crop]) -> list[Future[Text]]:
        """Queue the crops; each future ends on its own. One that is cancelled leaves at the next step."""
        mean, now = self._settings.sleep_tokens, time.perf_counter()
        rows = [_Row(crop, Future(), tokens_of(crop, mean), now) for crop in crops]
        with self._changed:
            if not self._closed:
                self._waiting.extend(rows)
                self._changed.notify()
                return [row.future for row in rows]
        for row in rows:
            fail(row.future, EngineFailure(_CLOSED))
        return [row.future for row in rows]

    def close(self) -> None:
        """Finish nothing more; futures still open end with EngineFailure."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()
        for row in [*self._rows, *self._waiting]:
            fail(row.future, EngineFailure(_CLOSED))
        self._device.close()

    def _run(self) -> None:
        while self._wait_for_work():
            self._admit()
            self._end_rows()
            if self._rows:
                self._step()
                self._end_rows()
            if self._observer:
                self._observer.holds(len(self._rows), len(self._waiting), 0, 0)

    def _wait_for_work(self) -> bool:
        """Wait until there is a row or a crop; whether there is, and not the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting or self._rows)
            return not self._closed

    def _admit(self) -> None:
        """Bring waiting crops to their first token, one by one, while there are slots."""
        while len(self._rows) < self._slots and self._waiting:
            row = self._waiting.popleft()
            row.begun_at = time.perf_counter()
            if not row.future.cancelled() and not row.is_late:
                seconds = self._device.work(self._settings.sleep_prefill_seconds)
                row.generated = 1
                if self._observer:
                    self._observer.admitted(1, 0.0, seconds)
            self._rows.append(row)

    def _step(self) -> None:
        each = self._settings.sleep_step_row_seconds
        seconds = self._device.work(self._settings.sleep_step_seconds + len(self._rows) * each)
        for row in self._rows:
            row.generated += 1
        if self._observer:
            self._observer.stepped(len(self._rows), seconds)

    def _end_rows(self) -> None:
        """Answer the rows that are ready, and drop those that nobody waits for."""
        endings = [(row, row.ending) for row in self._rows if not row.future.cancelled()]
        self._rows = [row for row, ending in endings if ending is None]
        for row, ending in endings:
            if ending is not None:
                succeed(row.future, _text(row, ending))


def _text(row: _Row, ending: FinishReason) -> Text:
    text = made_text(row.crop, row.generated)
    now = time.perf_counter()
    queued, worked = row.begun_at - row.arrived_at, now - row.begun_at
    return Text(text, row.generated, ending, (WARNING,), queue_seconds=queued, engine_seconds=worked)
