from __future__ import annotations

import numpy as np

from engines.lite.spaces import with_spaces


def written(text: str, gaps: list[int]) -> str:
    """`with_spaces` of a line whose characters, 10 pixels wide, are apart by these gaps."""
    characters = list(text)
    inked = [character for character in characters if character != " "]
    assert len(gaps) == len(inked) - 1
    width = 10 * len(inked) + sum(gaps)
    line = np.ones((3, 48, width), np.float32)
    middles, x = [], 0
    for gap in [*gaps, 0]:
        line[:, 10:40, x : x + 10] = -1
        middles.append(x + 5)
        x += 10 + gap
    at = iter(middles)
    places = [next(at) if character != " " else 0 for character in characters]
    for index, character in enumerate(characters):
        if character == " ":
            places[index] = (places[index - 1] + places[index + 1]) // 2
    return with_spaces(characters, np.array(places), 1.0, line)


def test_a_wide_gap_without_a_space_gets_one() -> None:
    assert written("PD3.20", [2, 25, 2, 2, 2]) == "PD 3.20"


def test_letters_set_apart_stay_together() -> None:
    assert written("dateline", [16] * 7) == "dateline"


def test_spaces_that_were_read_are_not_doubled() -> None:
    assert written("a bc", [20, 2]) == "a bc"


def test_gaps_narrower_than_the_lines_own_spaces_are_none() -> None:
    assert written("ab cd ef", [2, 30, 15, 30, 2]) == "ab cd ef"


def test_chinese_gets_no_spaces() -> None:
    assert written("港口管理", [2, 20, 2]) == "港口管理"
