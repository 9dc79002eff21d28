"""What Tesseract and PP-OCR made of one line among Cyrillic ones, put together.

Tesseract reads the Cyrillic words; PP-OCR reads Latin words, numbers and superscripts better. Both mix in Latin
letters that look like Cyrillic ones.
"""

from __future__ import annotations

import re

_LOOKALIKES = str.maketrans("ABCEHKMOPTXaceopxy", "АВСЕНКМОРТХасеорху")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_LATIN_OR_DIGIT = re.compile(r"[A-Za-z0-9]")
_MIXED_WORD = re.compile(r"\b(?=\w*[\u0400-\u04ff])(?=\w*[ABCEHKMOPTXaceopxy])\w+\b")
_INITIALS = re.compile(r"(?<![\w.])(?:(?:[ABCEHKMOPTX\u0410-\u042f]|JI|IO)\.\s?){1,2}(?!\s?[\w.]*[a-z])")
_NUMERO = re.compile(r"(?<!\w)(?:N[eoеоº°]|№[оo]|Мо)\.?\s?(?=\d)")
_MARK = re.compile(r"(\d{1,2})(?=[^\W\d_])")
_MISREAD_MARK = re.compile(r"[^\w«(]*\d{0,2}(?:[А-ЯЁа-яё](?=[А-ЯЁ][а-яё]))?\s?")
_SUPERSCRIPT = re.compile(r"\.(\d{1,2})[,.;:]?$")
_AFTER_INITIAL = re.compile(r"(?<=\.)(?:[^\w\s.,;:()]{0,2}|\d)([,.;:]?)$")


def merge(cyrillic: str, latin: str) -> str:
    """The text of a line of which Tesseract read `cyrillic` and PP-OCR read `latin`."""
    text = unmix(cyrillic)
    words, others = text.split(), latin.split()
    if len(words) == len(others):
        text = unmix(" ".join(_better(word, other) for word, other in zip(words, others, strict=True)))
    if mark := _MARK.match(latin):
        # A footnote begins with its mark as a superscript, which Tesseract takes for a letter or drops.
        text = f"{mark[1]} {_MISREAD_MARK.sub('', text, count=1)}"
    return text


def unmix(text: str) -> str:
    """A Cyrillic text with Latin look-alikes in its words and initials made Cyrillic, and its numero signs restored."""
    text = _MIXED_WORD.sub(lambda found: found[0].translate(_LOOKALIKES), text)
    text = _INITIALS.sub(_cyrillic_initials, text)
    return _NUMERO.sub("№ ", text)


def _cyrillic_initials(found: re.Match[str]) -> str:
    return found[0].replace("JI", "Л").replace("IO", "Ю").translate(_LOOKALIKES)


def _better(word: str, other: str) -> str:
    """One word as Tesseract or as PP-OCR read it: all but Cyrillic is PP-OCR's, and so is a footnote's mark."""
    if not _CYRILLIC.search(word):
        return other if _LATIN_OR_DIGIT.search(word) and other.isascii() else word
    mark = _SUPERSCRIPT.search(other)
    return _AFTER_INITIAL.sub(rf"{mark[1]}\1", word) if mark else word
