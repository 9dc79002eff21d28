"""The colours in which pages are painted for the made layout model.

A panel's colour says what it is: red its label, green and blue its place in the reading order. All are light, so that
dark strokes on a panel are none of them, and no two are near to each other, so that resizing does not mix them up.
"""

from __future__ import annotations

from engines.layout.base import LABELS

Colour = tuple[int, int, int]

LABEL_STEP, GREEN_STEP, BLUE_STEP = 4, 8, 12
LIGHTEST = 250
GREENS, BLUES = 8, 5
PLACES = GREENS * BLUES
"""Panels that one page can hold; each has a place of its own in the reading order, counted from 0."""
BEST_SCORE, SCORE_STEP = 0.97, 0.0125
"""Score of the panel in the first place, and how much less each following one has."""


def colour(label: str, place: int) -> Colour:
    """The colour of a panel of this label in this place of the reading order, RGB.

    Raises:
        ValueError: there is no such label or place.
    """
    if label not in LABELS or not 0 <= place < PLACES:
        raise ValueError(
            f"no colour for {label!r} in place {place}: labels are PP-DocLayout's, places 0 to {PLACES - 1}"
        )
    return (
        LIGHTEST - LABEL_STEP * LABELS.index(label),
        LIGHTEST - GREEN_STEP * (place // BLUES),
        LIGHTEST - BLUE_STEP * (place % BLUES),
    )


def score(place: int) -> float:
    """The score with which the panel in this place is found."""
    return BEST_SCORE - SCORE_STEP * place
