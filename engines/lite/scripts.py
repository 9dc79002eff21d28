"""Which script a line is written in, judged from what the recognisers made of it.

The PP-OCR models know no Cyrillic. They render a Russian line in the Latin, Greek and accented letters that look most
like it, with capitals and digits inside words ("pa3BITéA" for "развития") and with low scores. That is cheap to see;
only then is Tesseract asked, and it has the last word.
"""

from __future__ import annotations

import re

from engines.lite.text_recognition import Reading

CERTAIN = 0.97
"""PP-OCR is believed from this score on, unless what it read looks like Cyrillic."""
DOUBTFUL = 0.9
"""Below this score a line may be Cyrillic even if no word of it looks so."""
UNREADABLE = 0.5
"""Below this score a reading is noise."""
OWN_SHARE = 0.12
"""A Cyrillic text has at least this share of letters that no Latin letter looks like; real Russian has about 0.6."""

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
_LOOKALIKES = str.maketrans("ABCEHKMOPTXaceopxy", "АВСЕНКМОРТХасеорху")
_MIXED_WORD = re.compile(r"\b(?=\w*[\u0400-\u04ff])(?=\w*[ABCEHKMOPTXaceopxy])\w+\b")
_INITIALS = re.compile(
    r"(?<![A-Za-z.])(?:[ABCEHKMOPTX]\.\s?)+(?=[\u0400-\u04ff])"  # before a name
    r"|(?<=[\u0400-\u04ff]\s)(?:[ABCEHKMOPTX]\.\s?){1,2}"  # after a name
)


def may_be_cyrillic(reading: Reading) -> bool:
    """Whether what PP-OCR read may be Cyrillic in disguise."""
    words = _WORD.findall(reading.text)
    if len(_LETTER.findall(reading.text)) < 2 or (reading.score >= CERTAIN and len(words) > 1):
        return False
    if reading.score < DOUBTFUL:
        return True
    return sum(_DISGUISED.search(word) is not None for word in words) >= max(1.0, 0.25 * len(words))


def has_letters(reading: Reading) -> bool:
    """Whether a reading holds letters that may stand for Cyrillic ones."""
    return _LETTER.search(reading.text) is not None


def accepts(reading: Reading, *, among_cyrillic: bool) -> bool:
    """Whether what Tesseract read as Russian or English is Cyrillic, and not Latin letters or noise seen as such."""
    cyrillic, latin = len(_CYRILLIC.findall(reading.text)), len(_LATIN.findall(reading.text))
    own = len(_OWN_LETTERS.findall(reading.text))
    if among_cyrillic and (own >= 3 or cyrillic > latin) and reading.score >= UNREADABLE:
        return True
    return cyrillic > latin and own >= OWN_SHARE * (cyrillic + latin)


def unmix(text: str) -> str:
    """A Cyrillic line with Latin look-alikes inside Cyrillic words and in initials made Cyrillic."""
    text = _MIXED_WORD.sub(lambda found: found[0].translate(_LOOKALIKES), text)
    return _INITIALS.sub(lambda found: found[0].translate(_LOOKALIKES), text)
