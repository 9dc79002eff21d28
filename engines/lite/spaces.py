"""Spaces that the recogniser drops, found as white in the line's image.

PP-OCR leaves out many spaces around punctuation ("IBAN:FR76") and in receipts ("PD3.20"). The steps at which it reads
two characters tell where to look; a white run between them that is wide for the line is a space.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engines.lite.sessions import Floats

NARROWEST = 14
"""Pixels, in a line 48 high, of the narrowest white taken for a space: wider than 99.5 % of those between letters."""
STANDS_OUT = 3.0
"""A space is at least this many times wider than the usual white between characters: spaced-out capitals have none."""
LIKE_OTHERS = 0.7
"""A space is at least this part of the usual space that the recogniser saw in the line."""
FIRST_WIDE = "\u2e80"
"""From this character on, scripts have no spaces."""


def with_spaces(characters: Sequence[str], steps: NDArray[np.int64], pixels_per_step: float, line: Floats) -> str:
    """The characters read in a line as its text, dropped spaces put back.

    `steps` tells at which step each character was read; `line` is the recogniser's input, float32 [3, 48, width].
    """
    written = np.array([index for index, character in enumerate(characters) if character != " "])
    if len(written) < 3:
        return "".join(characters)
    places = ((steps[written] + 0.5) * pixels_per_step).astype(int)
    white = _widest_white(line, places)
    seen = np.diff(written) > 1
    letters, spaces = white[~seen], white[seen]
    usual = [float(np.median(runs)) if len(runs) else 0.0 for runs in (letters, spaces)]
    least = max(NARROWEST, STANDS_OUT * usual[0], LIKE_OTHERS * usual[1])
    # The characters before which a space was dropped.
    starts = {
        int(index)
        for before, index in zip(written[:-1][~seen], written[1:][~seen], strict=True)
        if max(characters[before], characters[index]) < FIRST_WIDE
    } & set(written[1:][~seen & (white >= least)].tolist())
    return "".join(f" {character}" if index in starts else character for index, character in enumerate(characters))


def _widest_white(line: Floats, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """The length of the widest run of columns without ink between each two neighbouring places.

    Ink is what is darker than halfway between the line's paper and its darkest spot.
    """
    gray = line[1]
    has_ink = gray.min(axis=0) < (gray.max() + gray.min()) / 2
    # A character may be read in the padding behind its line.
    has_ink = np.pad(has_ink, (0, max(0, int(places[-1]) + 1 - len(has_ink))))
    columns = np.arange(len(has_ink))
    run = columns - np.maximum.accumulate(np.where(has_ink, columns, -1))
    # A run that began before the first of the two characters counts from there.
    since = columns[places[0] : places[-1]] - np.repeat(places[:-1], np.diff(places)) + 1
    widest: NDArray[np.int64] = np.maximum.reduceat(
        np.minimum(run[places[0] : places[-1]], since), places[:-1] - places[0]
    )
    return widest
