"""The decode loop: one thread on which the crops of all requests decode together."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from engines.decoding import sampling
from engines.decoding.admission import Admission, Slices
from engines.decoding.cache import Cache, CacheFull
from engines.decoding.decoder import Decoder
from engines.decoding.encoding import PictureEncoder
from engines.decoding.memory import is_short
from engines.decoding.observer import Observer
from engines.decoding.pace import PREFILL, VISION_AND_PREFILL, Pace
from engines.decoding.repetition import CHECK_EVERY, TABLE_FACTOR, loop_period
from engines.decoding.rows import Row
from engines.decoding.vision import VisionTower
from engines.decoding.waiting import WaitingRows
from engines.errors import EngineFailure
from engines.futures import fail
from engines.vlm.base import FinishReason

logger = logging.getLogger("paddleocr_vl")

IDLE_SECONDS = 1.0
"""How often an idle loop looks up, for rows whose deadline passes while they wait."""


@dataclass(frozen=True)
class Limits:
    """What the loop may hold: rows that decode at once, and tokens of a loop after which a row is ended (0: never)."""

    slots: int
    repetition_tokens: int


class DecodeLoop:
    """Admits, steps and ends rows. `run` is its thread; `submit` may be called from any.

    `on_end(row, reason)` hears of each row that ends with a text, on the loop's thread; errors go to the row's future.
    With `encodes_ahead` there is an `encoder` that must run on another thread: rows are admitted once it has seen them.
    """

    def __init__(
        self,
        tower: VisionTower,
        decoder: Decoder,
        cache: Cache,
        limits: Limits,
        eos: frozenset[int],
        on_end: Callable[[Row, FinishReason], None],
        observer: Observer | None = None,
        *,
        encodes_ahead: bool = False,
    ) -> None:
        self._tower = tower
        self._decoder = decoder
        self._cache = cache
        self._limits = limits
        self._eos = eos
        self._on_end = on_end
        self._observer = observer
        self._waiting = WaitingRows(encoded_only=encodes_ahead)
        self.encoder = PictureEncoder(tower, self._waiting) if encodes_ahead else None
        self._admission: Admission | None = None
        self._group_most = limits.slots
        self._is_held = False
        self._pace = Pace(PREFILL if encodes_ahead else VISION_AND_PREFILL)
        self._beat = time.monotonic()

    @property
    def beat(self) -> float:
        """When loop and encoder last got anywhere, or had nothing to do (time.monotonic): what a watchdog looks at."""
        return min(self._beat, self.encoder.beat) if self.encoder else self._beat

    def submit(self, rows: Iterable[Row]) -> None:
        """Queue rows behind those that wait."""
        self._waiting.add(rows)

    def rows(self) -> list[Row]:
        """Every row that is here: waiting, on its way in, decoding."""
        admitted = self._admission.rows if self._admission else []
        return [*self._cache.rows(), *admitted, *self._waiting.rows()]

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to do."""
        return not self._waiting and self._admission is None and not self._cache.rows()

    def close(self) -> None:
        """Let `run` return after what it is doing now, the encoder's too; rows that are here are left as they are."""
        self._waiting.close()

    def run(self) -> None:
        """Work until closed. The calling thread must have switched Paddle's gradients off."""
        while not self._waiting.is_closed:
            if self.is_idle:
                self._wait()
            else:
                self.turn()

    def _wait(self) -> None:
        """Wait for a row to come, or to be encoded."""
        self._waiting.wait(IDLE_SECONDS)
        self._beat = time.monotonic()

    def turn(self) -> None:
        """One step of the rows that decode, and a share of time for those on their way in."""
        start = time.perf_counter()
        self._leave()
        if self._admission is None and not self._is_held:
            self._begin()
        if self._cache.rows():
            self._step()
        if self._admission is not None:
            self._advance(self._admission, self._pace.allowance(time.perf_counter() - start, *self._free()))
        elif not self._cache.rows():
            # Nothing fits and nothing decodes: the next turn finds the room.
            self._is_held = False
        if self._observer:
            cache = self._cache
            self._observer.holds(len(cache.rows()), len(self._waiting), cache.used, cache.budget)
        if not self._cache.rows() and self._admission is None and self._waiting and not self._waiting.is_ready:
            self._wait()

    def _leave(self) -> None:
        """End the rows that nobody waits for, or whose deadline has passed, wherever they are."""
        for row in self.rows():
            if not row.is_wanted:
                self._remove(row)
                if not row.is_abandoned:
                    self._on_end(row, "deadline")

    def _remove(self, row: Row) -> None:
        if self._admission is not None and row in self._admission.rows:
            self._admission.leave(row)
            if not self._admission.rows:
                self._drop_admission()
            return
        if self._waiting.remove(row):
            return
        self._cache.remove(row)
        self._is_held = False

    def _begin(self) -> None:
        """Take the next group of waiting rows in, if there are places and room."""
        places, _ = self._free()
        if self._waiting and places > 0:
            decoding = bool(self._cache.rows())
            most_patches = self._pace.group_patches(*self._free(), decoding=decoding)
            group = self._waiting.take_group(min(places, self._group_most), most_patches, self._cache)
            if group:
                slices = Slices(
                    self._pace.slice_tokens("vision", decoding=decoding),
                    self._pace.slice_tokens("prefill", decoding=decoding),
                )
                self._admission = Admission(group, self._tower, self._decoder, self._cache, slices)

    def _free(self) -> tuple[int, int]:
        """Free slots, and all."""
        return self._limits.slots - len(self._cache.rows()), self._limits.slots

    def _advance(self, admission: Admission, seconds: float) -> None:
        """Work on the admission for so long, or to its end where nothing decodes.

        A slice that is likely to end later than that waits for the next turn: if it is like the one before it.
        """
        decoding = bool(self._cache.rows())
        start = before = time.perf_counter()
        try:
            while not self._advanced(admission):
                now = time.perf_counter()
                if decoding and 2 * now - before - start >= seconds:
                    return
                before = now
                if not decoding and not all(row.is_wanted for row in admission.rows):
                    return
            self._cache.reserve(())
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not reach other rows
            (self._shrink if is_short(error) else self._isolate)(admission, error)
            return
        self._admission = None
        self._group_most = min(self._limits.slots, self._group_most + max(1, self._group_most // 4))
        self._pace.admitted("vision", admission.patch_layers, admission.vision_seconds)
        self._pace.admitted("prefill", admission.token_layers, admission.prefill_seconds)
        self._count(admission)

    def _advanced(self, admission: Admission) -> bool:
        """Do a slice, and take over who has arrived; True when it was the last."""
        is_done = admission.advance()
        self._beat = time.monotonic()
        for row, token in admission.arrived():
            self._accept([row], [token])
        return is_done

    def _step(self) -> None:
        """Decode one token of every row; without room for that, the youngest start anew later."""
        start = time.perf_counter()
        rows = self._cache.rows()
        try:
            self._cache.grow()
            rows = self._cache.rows()
            logits = self._decoder.step(self._cache)
            tokens = sampling.next_tokens(logits, rows)
        except Exception as error:
            if is_short(error):
                self._preempt(error)
                return
            logger.exception("a decode step failed")
            for row in rows:
                fail(row.future, EngineFailure(f"the decode step of this crop failed: {error!r}"))
            self._cache.clear()
            return
        seconds = time.perf_counter() - start
        self._beat = time.monotonic()
        self._pace.stepped(len(rows), seconds)
        if self._observer:
            self._observer.stepped(len(rows), seconds)
        self._accept(rows, tokens)

    def _accept(self, rows: list[Row], tokens: list[int]) -> None:
        for row, token in zip(rows, tokens, strict=True):
            row.take(token)
            reason = self._end_of(row, token)
            if reason:
                self._remove(row)
                self._on_end(row, reason)

    def _end_of(self, row: Row, token: int) -> FinishReason | None:
        count = len(row.generated)
        if token in self._eos:
            return "stop"
        if count >= row.prompt.options.max_new_tokens:
            return "length"
        least = self._limits.repetition_tokens * (TABLE_FACTOR if row.prompt.is_table else 1)
        if least and count % CHECK_EVERY == 0 and loop_period(row.generated, least):
            return "repetition"
        return None

    def _shrink(self, admission: Admission, error: Exception) -> None:
        """A group did not fit: try half of it; a crop alone waits until a row has left, or fails."""
        logger.warning("no room for %d crops at once: %s", len(admission.rows), error)
        if len(admission.rows) > 1:
            self._group_most = len(admission.rows) // 2
        elif self._cache.rows():
            self._is_held = True
        else:
            self._drop_admission()
            fail(admission.rows[0].future, EngineFailure(f"the crop alone needs more memory than there is: {error}"))
            return
        self._send_back(admission.rows)

    def _isolate(self, admission: Admission, error: Exception) -> None:
        """A group failed: try half of it; the row that fails alone is to blame."""
        if len(admission.rows) > 1:
            self._group_most = len(admission.rows) // 2
            self._send_back(admission.rows)
            return
        logger.error("a crop could not be read", exc_info=error)
        self._drop_admission()
        fail(admission.rows[0].future, EngineFailure(f"the crop could not be read: {error!r}"))

    def _preempt(self, error: Exception) -> None:
        """Take rows out of the cache, to start anew when there is room: the youngest one, on a full device half."""
        if self._admission is not None:
            self._send_back(self._admission.rows)
            # Or it would reserve the same room at once, and no row would ever get its own.
            self._is_held = True
            return
        rows = sorted(self._cache.rows(), key=lambda row: row.queued_at)
        if len(rows) == 1:
            self._remove(rows[0])
            fail(rows[0].future, EngineFailure(f"the crop alone needs more memory than there is: {error}"))
            return
        leaving = rows[-1:] if isinstance(error, CacheFull) else rows[(len(rows) + 1) // 2 :]
        logger.warning(
            "no room to go on with %d crops, %d of them start anew later: %s", len(rows), len(leaving), error
        )
        for row in leaving:
            self._cache.remove(row)
        self._waiting.put_back(leaving)
        self._is_held = True

    def _send_back(self, rows: Sequence[Row]) -> None:
        """Give the admission up; its rows are the first to try again."""
        self._drop_admission()
        self._waiting.put_back(rows)

    def _drop_admission(self) -> None:
        if self._admission is not None:
            self._admission.give_up()
            self._count(self._admission)
        self._admission = None
        self._cache.reserve(())

    def _count(self, admission: Admission) -> None:
        if self._observer:
            self._observer.admitted(admission.count, admission.vision_seconds, admission.prefill_seconds)
