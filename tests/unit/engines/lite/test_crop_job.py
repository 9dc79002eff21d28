from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engines.errors import EngineFailure
from engines.lite.crop_job import CropJob
from engines.lite.lines import Line
from engines.lite.text_recognition import Reading
from engines.lite.workers import FairPool
from engines.vlm.base import Crop, Text, VlmOptions
from tests.unit.engines.lite.drawing import paper

RUSSIAN = Reading("pa3BITéA peréOHaIúHoé CéCTeMbI", 0.81)
CLEAR = Reading("Total amount due today", 0.99)
FAINT = Reading("GS1 Sunnary of the day", 0.91)


class Reader:
    """Stands in for the recognisers: line `n` reads as `first[n]`, by Tesseract as `second[n]`."""

    def __init__(self, first: Sequence[Reading | Exception], second: Sequence[Reading] = ()) -> None:
        self._first = first
        self._second = second
        self.asked_again: list[int] = []
        self.looked_again: list[int] = []

    def read(self, _: NDArray[np.uint8], lines: Sequence[Line]) -> list[Reading]:
        readings = []
        for line in lines:
            reading = self._first[_number(line)]
            if isinstance(reading, Exception):
                raise reading
            readings.append(reading)
        return readings

    def read_cyrillic(self, _: NDArray[np.uint8], line: Line) -> Reading:
        self.asked_again.append(_number(line))
        return self._second[_number(line)]

    def read_beside(self, _image: NDArray[np.uint8], _line: Line, first: Reading) -> Reading:
        return first

    def look_again(self, _: NDArray[np.uint8], line: Line, first: Reading) -> Reading:
        self.looked_again.append(_number(line))
        return Reading("GST Summary of the day", 0.98) if first == FAINT else first


def _number(line: Line) -> int:
    return int(line.rect.y0 // 100)


@pytest.fixture
def pool() -> Iterator[FairPool]:
    threads = FairPool(2, "test")
    yield threads
    threads.close()


def job(reader: Reader, lines: int, pool: FairPool, **options: Any) -> CropJob:
    quads = tuple(((0, 100 * n), (300, 100 * n), (300, 100 * n + 25), (0, 100 * n + 25)) for n in range(lines))
    crop = Crop(paper(), "OCR:", VlmOptions(lines=quads, **options))
    readers: Any = SimpleNamespace(detector=None, reader=reader, tables=None)
    return CropJob(crop, readers, pool)


def text_of(reader: Reader, lines: int, pool: FairPool) -> Text:
    work = job(reader, lines, pool)
    work.start()
    return work.future.result(5)


def test_clear_lines_are_read_once(pool: FairPool) -> None:
    reader = Reader([CLEAR] * 3)
    assert text_of(reader, 3, pool).text.count("Total amount due today") == 3
    assert reader.asked_again == reader.looked_again == []


def test_a_faint_line_is_read_by_the_better_recogniser(pool: FairPool) -> None:
    reader = Reader([CLEAR, FAINT, CLEAR])
    assert "GST Summary" in text_of(reader, 3, pool).text
    assert reader.looked_again == [1]


def test_a_cyrillic_sample_makes_tesseract_read_every_line_with_letters(pool: FairPool) -> None:
    numbers = Reading("24.12.2020 - 17.01.2021", 0.99)
    reader = Reader([RUSSIAN] * 5 + [numbers], [Reading("развития региональной системы", 0.95)] * 6)
    text = text_of(reader, 6, pool).text
    assert text.count("развития региональной системы") == 5
    assert "24.12.2020" in text
    assert sorted(reader.asked_again) == [0, 1, 2, 3, 4]


def test_no_more_than_a_sample_is_asked_of_tesseract_where_nothing_is_cyrillic(pool: FairPool) -> None:
    scan = Reading("SubTotal Incl G8T at all", 0.85)
    reader = Reader([scan] * 8, [Reading("SubTotal Incl GST at all", 0.9)] * 8)
    assert "SubTotal" in text_of(reader, 8, pool).text
    assert len(reader.asked_again) == 3


def test_an_unknown_script_is_left_out_and_told(pool: FairPool) -> None:
    armenian = Reading("Fninn Uunnhy öuunLu tu wquun nL", 0.85)
    reader = Reader([armenian] * 5, [Reading("Рапп Uuuinnhy oudncd GU шашил пе", 0.38)] * 5)
    text = text_of(reader, 5, pool)
    assert text.text == ""
    assert text.warnings[0].startswith("5 lines could not be read")


def test_a_failure_ends_the_future_and_names_itself(pool: FairPool) -> None:
    work = job(Reader([CLEAR, ValueError("broken")]), 2, pool)
    work.start()
    error = work.future.exception(5)
    assert isinstance(error, EngineFailure)
    assert "broken" in str(error)


def test_failing_twice_keeps_the_first_error(pool: FairPool) -> None:
    work = job(Reader([CLEAR]), 1, pool)
    work.fail(EngineFailure("closed"))
    work.fail(EngineFailure("again"))
    assert str(work.future.exception(0)) == "closed"
