from __future__ import annotations

from engines.lite.reading_order import reading_order
from engines.lite.rects import Rect

LEFT, RIGHT = (0, 390), (410, 800)


def block(span: tuple[float, float], top: float, bottom: float) -> Rect:
    return Rect(span[0], top, span[1], bottom)


def test_one_column_is_read_from_top_to_bottom() -> None:
    rects = [block(LEFT, 200, 300), block(LEFT, 0, 90), block(LEFT, 100, 190)]
    assert reading_order(rects, column_gap=10) == [1, 2, 0]


def test_columns_are_read_one_after_the_other_even_if_their_blocks_align() -> None:
    rects = [block(LEFT, 0, 90), block(RIGHT, 0, 90), block(LEFT, 100, 190), block(RIGHT, 100, 190)]
    assert reading_order(rects, column_gap=10) == [0, 2, 1, 3]


def test_a_heading_over_both_columns_comes_first() -> None:
    heading = Rect(0, 0, 800, 40)
    rects = [block(RIGHT, 50, 300), block(LEFT, 50, 150), block(LEFT, 160, 300), heading]
    assert reading_order(rects, column_gap=10) == [3, 1, 2, 0]


def test_a_picture_between_two_columns_does_not_mix_them() -> None:
    picture = Rect(300, 100, 500, 200)
    left = [Rect(0, 0, 390, 90), Rect(0, 100, 290, 200), Rect(0, 210, 390, 300)]
    right = [Rect(410, 0, 800, 90), Rect(510, 100, 800, 200), Rect(410, 210, 800, 300)]
    order = reading_order([*left, *right, picture], column_gap=10)
    assert [index for index in order if index != 6] == [0, 1, 2, 3, 4, 5]


def test_interlocked_blocks_follow_those_above_and_left_of_them() -> None:
    # A pinwheel: no cut goes through.
    rects = [
        Rect(0, 0, 60, 30),
        Rect(70, 0, 100, 60),
        Rect(40, 70, 100, 100),
        Rect(0, 40, 30, 100),
        Rect(40, 40, 60, 60),
    ]
    order = reading_order(rects, column_gap=1)
    assert sorted(order) == [0, 1, 2, 3, 4]
    assert order[0] == 0
    assert order.index(1) < order.index(2)


def test_nothing_has_no_order() -> None:
    assert reading_order([], column_gap=10) == []


def test_a_block_that_is_merely_further_right_is_no_column() -> None:
    letterhead, address, subject = Rect(300, 100, 900, 200), Rect(1060, 310, 1350, 460), Rect(670, 490, 980, 520)
    assert reading_order([subject, address, letterhead], column_gap=10) == [2, 1, 0]
