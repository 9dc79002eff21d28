"""Loops of tokens: seeing that a text only repeats itself, and how it would go on.

A model that has fallen into a loop stays in it until `max_new_tokens`; the official page pipeline then cuts what was
repeated (PaddleX, `truncate_repetitive_content`), by the length of the whole text. So a loop is left early, and its
text goes on as the loop would have: what the pipeline cuts, and what it leaves, is the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

ROUNDS = 8
"""A loop has gone round at least so often before it counts."""
LONGEST_PERIOD = 128
TABLE_FACTOR = 6
"""Tables repeat themselves for good reasons (empty cells), so their loops must be so many times as long."""
CHECK_EVERY = 32
"""Tokens between two looks at a row."""


def loop_period(generated: Sequence[int], least: int) -> int | None:
    """The period of the loop that the tokens end in, `least` tokens and `ROUNDS` rounds long or more; None for none."""
    tail = np.asarray(generated[-max(least, ROUNDS * LONGEST_PERIOD) :])
    for period in range(1, LONGEST_PERIOD + 1):
        length = max(least, ROUNDS * period)
        if length > len(tail):
            return None
        if np.array_equal(tail[-length + period :], tail[-length:-period]):
            return period
    return None


def continued(generated: Sequence[int], period: int, length: int) -> list[int]:
    """The tokens of a loop of this period, gone on to `length` tokens."""
    loop = list(generated[-period:])
    rounds = -(-(length - len(generated)) // period)
    return [*generated, *(loop * rounds)][:length]
