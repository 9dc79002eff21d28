from __future__ import annotations

from engines.lite.stacks import split_stacks
from tests.unit.engines.lite.drawing import column, ink, line, paper

TEXT = column(200, 500, range(0, 300, 30))


def test_numbers_one_under_the_other_become_lines() -> None:
    image = paper()
    for top in (105, 135, 165):
        ink(image, 100, top, 110, top + 12)
    stack = line(95, 100, 115, 182)
    parts = [part for part in split_stacks(image, [*TEXT, stack]) if part not in TEXT]
    assert len(parts) == 3
    for part, top in zip(parts, (105, 135, 165), strict=True):
        assert part.rect.y0 < top
        assert part.rect.y1 > top + 12


def test_the_letters_of_a_vertical_line_stay_together() -> None:
    image = paper()
    for top in range(100, 280, 14):
        ink(image, 100, top, 114, top + 12)
    stamp = line(95, 95, 119, 285)
    assert split_stacks(image, [*TEXT, stamp])[-1] is stamp
