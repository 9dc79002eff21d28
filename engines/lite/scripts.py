"""Which script a line is written in, judged from what the recognisers made of it.

The PP-OCR models know no Cyrillic. The tiny one renders a Russian line in the Latin, Greek and accented letters that
look most like it, with capitals and digits inside words ("pa3BITéA" for "развития") and with low scores; the small one
leaves the letters out (" ,  340 "). Both are cheap to see; only then is Tesseract asked, and it has the last word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from engines.lite.text_recognition import Reading

CERTAIN = 0.97
"""PP-OCR is believed from this score on where it read several words: disguised ones score lower."""
DOUBTFUL = 0.9
"""Below this score a line may be Cyrillic even if no word of it looks so."""
UNREADABLE = 0.5
"""Below this score a reading is noise."""
CONFIDENT = 0.65
"""Tesseract's confidence in Russian that it reads well; Latin letters and noise seen as Russian rarely reach it."""
SPARSE = 0.8
"""A line has at least this many characters, spaces left out, for each time that it is longer than high; 2 are usual."""
UNSURE = 0.6
"""Tesseract is less confident than this in what it can't read."""
ALIKE = 0.55
"""Two readings of one line that have less than this part in common are both wrong."""
SHORTEST = 2.0
"""A line this many times longer than high holds more than one character."""
LONG_ENOUGH = 6
"""A reading of fewer characters than this proves nothing."""
OWN_SHARE = 0.25
"""Russian has about 0.6 letters that look like no Latin one; Latin letters seen as Russian have few."""

_OWN_LETTERS = re.compile(r"[БГДЖЗИЙЛПФЦЧШЩЪЫЬЭЮЯбвгджзийклмнптфцчшщъыьэюяІЇЄҐіїєґ]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_LATIN = re.compile(r"[A-Za-z]")
_LETTER = re.compile(r"[A-Za-zÀ-\u024f\u0370-\u03ff∏]")
_WORD = re.compile(r"[^\W_]+")
_DISGUISED = re.compile(
    r"[a-zà-ÿ][A-ZÀ-Þ0-9]"  # a capital or a digit inside a word: к, н, т read as K, H, T
    r"|[A-Za-zÀ-ÿ][03469][A-Za-zÀ-ÿ]"  # о, з, ч, б, э read as digits
    r"|[\u0370-\u03ff]"  # л, п, ф read as Greek
    r"|b[IL]"  # ы
)


def is_doubtful(reading: Reading, aspect: float) -> bool:
    """Whether what PP-OCR read in a line, `aspect` times longer than high, may be another script in disguise."""
    if is_sparse(reading, aspect):
        return True
    words = _WORD.findall(reading.text)
    if len(_LETTER.findall(reading.text)) < 2 or (reading.score >= CERTAIN and len(words) > 1):
        return False
    if reading.score < DOUBTFUL:
        return True
    return sum(_DISGUISED.search(word) is not None for word in words) >= max(1.0, 0.25 * len(words))


def is_sparse(reading: Reading, aspect: float) -> bool:
    """Whether PP-OCR read too few characters for a line of this shape."""
    characters = len("".join(reading.text.split()))
    return characters < SPARSE * aspect and (aspect > SHORTEST or not characters)


def may_hide_cyrillic(reading: Reading, aspect: float) -> bool:
    """Whether a line among Cyrillic ones may be Cyrillic too: it has letters, or lacks them."""
    return _LETTER.search(reading.text) is not None or is_sparse(reading, aspect)


def are_cyrillic(sample: Sequence[Reading]) -> bool:
    """Whether Tesseract's readings of a sample of lines show that some of the lines around them are Cyrillic."""
    certain = [reading for reading in sample if reading.score >= CONFIDENT and _is_cyrillic(reading)]
    return len(certain) > len(sample) / 2


def is_cyrillic_among_others(reading: Reading) -> bool:
    """Whether a line that stands among Cyrillic ones is Cyrillic, at least in part, by Tesseract's reading."""
    cyrillic, latin = len(_CYRILLIC.findall(reading.text)), len(_LATIN.findall(reading.text))
    return len(_OWN_LETTERS.findall(reading.text)) >= 3 or cyrillic > latin


def _is_cyrillic(reading: Reading) -> bool:
    """Whether a line is Cyrillic, and not Latin letters or noise seen as such."""
    cyrillic, latin = len(_CYRILLIC.findall(reading.text)), len(_LATIN.findall(reading.text))
    return cyrillic > 0 and len(_OWN_LETTERS.findall(reading.text)) >= OWN_SHARE * (cyrillic + latin)


def is_unreadable(first: Reading, second: Reading) -> bool:
    """Whether neither PP-OCR's nor Tesseract's reading of a doubtful line can be right: both are unsure, and differ."""
    if first.score >= DOUBTFUL or second.score >= UNSURE or max(len(first.text), len(second.text)) < LONG_ENOUGH:
        return False
    texts = ["".join(_WORD.findall(reading.text.casefold())) for reading in (first, second)]
    return SequenceMatcher(None, texts[0], texts[1], autojunk=False).ratio() < ALIKE
