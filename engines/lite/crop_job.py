"""One crop on its way through the worker threads, from pixels to text."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from threading import Lock

import numpy as np

from engines.errors import EngineError, EngineFailure
from engines.futures import fail, succeed
from engines.lite.composing import Passage, compose_table, compose_text
from engines.lite.cyrillic_text import merge, unmix
from engines.lite.line_reader import LineReader, batches_of
from engines.lite.lines import Line
from engines.lite.scripts import are_cyrillic, is_cyrillic_among_others, is_doubtful, is_unreadable, may_hide_cyrillic
from engines.lite.table_structure import Structure, TableStructureDetector
from engines.lite.text_detection import TextDetector
from engines.lite.text_recognition import Reading
from engines.lite.workers import FairPool, Owner
from engines.vlm.base import Crop, Text

FAINT = 0.93
"""A line read with a lower score is read by the better recogniser too."""
UNREAD = 0.0
"""The score of a line that no recogniser could read."""
SAMPLE = 3
"""Lines of a crop that are read a second time to learn whether it holds Cyrillic."""
EMPTY = Structure([], [])


@dataclass(frozen=True)
class Readers:
    """What reads crops; everything here may be used from several threads."""

    detector: TextDetector
    reader: LineReader
    tables: TableStructureDetector


class CropJob:
    """Reads one crop in tasks that a pool may run side by side, and ends the crop's future.

    The tasks come in stages: find the lines; read them; read some again in case they are Cyrillic; read the rest again
    if they are; put the text together. A stage begins on the thread that ended the one before.
    """

    def __init__(self, crop: Crop, readers: Readers, pool: FairPool) -> None:
        self.future: Future[Text] = Future()
        self._crop = crop
        self._readers = readers
        self._pool = pool
        self._owner = Owner()
        self._lock = Lock()
        self._lines: list[Line] = []
        self._readings: dict[int, Reading] = {}
        self._doubtful: list[int] = []
        self._second: dict[int, Reading] = {}
        self._beside: dict[int, Reading] = {}
        self._is_cyrillic = False
        self._structure = EMPTY
        self._is_late = False
        self._queued_at = self._begun_at = time.perf_counter()

    def start(self) -> None:
        """Queue the crop. Raises RuntimeError when the pool is closed."""
        self._stage([self._begin], then=self._read_all)

    @property
    def _is_table(self) -> bool:
        return self._crop.prompt == "Table Recognition:"

    def _begin(self) -> None:
        self._begun_at = time.perf_counter()
        self._find_lines()

    def _find_lines(self) -> None:
        given = self._crop.options.lines
        if given is None:
            self._lines = self._readers.detector.detect(self._crop.image)
        else:
            self._lines = [Line.of(np.array(quad, np.float32)) for quad in given]

    def _read_all(self) -> None:
        tasks: list[Callable[[], None]] = [partial(self._read, batch) for batch in batches_of(self._lines)]
        if self._is_table:
            tasks.insert(0, self._find_structure)
        self._stage(tasks, then=self._sample_scripts)

    def _find_structure(self) -> None:
        self._structure = self._readers.tables.detect(self._crop.image)

    def _read(self, places: Sequence[int]) -> None:
        readings = self._readers.reader.read(self._crop.image, [self._lines[place] for place in places])
        self._readings.update(zip(places, readings, strict=True))

    def _sample_scripts(self) -> None:
        """Read the most doubtful of the longer lines with Tesseract."""
        self._doubtful = [
            place for place, reading in self._readings.items() if is_doubtful(reading, self._lines[place].aspect)
        ]
        self._doubtful.sort(key=lambda place: self._readings[place].score - self._lines[place].aspect / 50)
        self._read_cyrillic(self._doubtful[:SAMPLE], then=self._read_rest_again)

    def _read_rest_again(self) -> None:
        """Where the sample is Cyrillic, read with Tesseract whatever else may be; else look again at faint lines."""
        self._is_cyrillic = are_cyrillic(list(self._second.values()))
        if self._is_cyrillic:
            rest = (p for p, reading in self._readings.items() if may_hide_cyrillic(reading, self._lines[p].aspect))
            self._read_cyrillic([place for place in rest if place not in self._second], then=self._choose)
        else:
            faint = [place for place, reading in self._readings.items() if 0 < reading.score < FAINT]
            self._stage([partial(self._look_again, place) for place in faint], then=self._read_unknown_again)

    def _read_unknown_again(self) -> None:
        """Where the sample holds an unknown script, read the other doubtful lines with Tesseract too."""
        is_unknown = any(is_unreadable(self._readings[place], second) for place, second in self._second.items())
        rest = self._doubtful if is_unknown else []
        self._read_cyrillic([place for place in rest if place not in self._second], then=self._choose)

    def _look_again(self, place: int) -> None:
        image, line, first = self._crop.image, self._lines[place], self._readings[place]
        self._readings[place] = self._readers.reader.look_again(image, line, first)

    def _read_cyrillic(self, places: Sequence[int], then: Callable[[], None]) -> None:
        self._stage([partial(self._read_again, place) for place in places], then)

    def _read_again(self, place: int) -> None:
        image, line, reader = self._crop.image, self._lines[place], self._readers.reader
        self._second[place] = reader.read_cyrillic(image, line)
        self._beside[place] = reader.read_beside(image, line, self._readings[place])

    def _choose(self) -> None:
        for place, second in self._second.items():
            first = self._readings[place]
            if self._is_cyrillic and is_cyrillic_among_others(second):
                self._readings[place] = Reading(
                    merge(second.text, self._beside[place].text), max(first.score, second.score)
                )
            elif is_unreadable(first, second):
                self._readings[place] = Reading(max(first.text, second.text, key=len), UNREAD)
            elif self._is_cyrillic:
                self._readings[place] = Reading(unmix(first.text), first.score)
        self._finish()

    def _finish(self) -> None:
        passages = [Passage(self._lines[place], reading) for place, reading in self._readings.items()]
        options = self._crop.options
        if self._is_table:
            text = compose_table(self._structure, passages, options.max_new_tokens, self._is_late)
        else:
            text = compose_text(passages, options.max_new_tokens, self._is_late)
        queued, worked = self._begun_at - self._queued_at, time.perf_counter() - self._begun_at
        succeed(self.future, replace(text, queue_seconds=queued, engine_seconds=worked))

    def _stage(self, tasks: Sequence[Callable[[], None]], then: Callable[[], None]) -> None:
        """Queue tasks; the thread that ends the last of them goes on with `then`."""
        if not tasks:
            then()
            return
        left = len(tasks)

        def run(task: Callable[[], None]) -> None:
            nonlocal left
            try:
                if not self.future.done() and not self._past_deadline():
                    task()
                with self._lock:
                    left -= 1
                    is_last = left == 0
                if is_last:
                    then()
            except Exception as error:  # noqa: BLE001 - one crop's failure must not reach the others
                self.fail(error if isinstance(error, EngineError) else EngineFailure(f"lite engine: {error!r}"))

        self._pool.submit(self._owner, *(partial(run, task) for task in tasks))

    def _past_deadline(self) -> bool:
        deadline = self._crop.options.deadline
        if deadline is not None and time.time() > deadline:
            self._is_late = True
        return self._is_late

    def fail(self, error: EngineError) -> None:
        """End the future with an error, unless it has ended."""
        fail(self.future, error)
