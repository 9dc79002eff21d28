"""Paragraphs: where they start, and how their lines become text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from engines.lite.lines import Row, bounds_of
from engines.lite.rects import Rect

WIDE_PITCH = 1.4
"""Rows this many times further apart than usual in their block stand in two paragraphs."""
WIDE_GAP = 0.9
"""White of this many line heights between two rows parts paragraphs where a block has too few rows to have a usual."""
INDENT = 0.9
"""A first line is indented by at least this many line heights …"""
WIDEST_INDENT = 6.0
"""… and by at most this many: what stands further right is centred or a column of its own."""
SHORT = 2.0
"""A row that ends this many line heights before the block does is short."""

ROOM = 1.5
"""A word would have fitted in a row if this many line heights were left beside it: typesetters avoid wide spaces."""

_BULLET = re.compile(
    r"\s*([•·●▪◦■□○►➢✓*–—-]\s|\d{1,2}[.)、]\s?(?!\d)|[a-zа-я][.)]\s|\(\w{1,3}\)\s|[（(][一二三四五六七八九十\d]+[)）])"
)
_MARKS = re.compile(r"\s*[•●▪◦■□○►➢✓]\s*")
_WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\uac00-\ud7af]")


def split_rows(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows of a block as paragraphs, by their places alone."""
    if len(rows) < 2:
        return [list(rows)] if rows else []
    around = [bounds_of(row) for row in rows]
    starts = _starts(around)
    paragraphs: list[list[Row]] = []
    for row, is_start in zip(rows, starts, strict=True):
        if is_start:
            paragraphs.append([])
        paragraphs[-1].append(row)
    return paragraphs


def _starts(rows: Sequence[Rect]) -> list[bool]:
    """For each row of a block whether it starts a paragraph."""
    height = median(row.height for row in rows)
    pitches = [lower.cy - upper.cy for upper, lower in pairwise(rows)]
    pitch = median(pitches)
    left, right = min(row.x0 for row in rows), max(row.x1 for row in rows)
    starts = [True]
    for index, (upper, lower) in enumerate(pairwise(rows)):
        gap = lower.y0 - upper.y1
        apart = pitches[index] > WIDE_PITCH * pitch if len(rows) > 3 else gap > WIDE_GAP * height
        indented = INDENT * height < lower.x0 - left < WIDEST_INDENT * height
        # Only a row back at the left edge makes an indent: centred and ragged blocks have no such edge.
        level = [row for row in (upper, *rows[index + 2 : index + 3]) if row.x0 - left < 0.5 * height]
        short = right - upper.x1 > SHORT * height
        starts.append(apart or (indented and bool(level) and (short or upper.x0 - left < 0.5 * height)))
    return starts


def join(rows: Sequence[str]) -> str:
    """The rows of one paragraph as one line: words divided at a row's end are joined, CJK needs no space."""
    text = ""
    for row in (row.strip() for row in rows):
        if not row:
            continue
        if not text:
            text = row
        elif _WIDE.match(text[-1]) or _WIDE.match(row[0]):
            text += row
        elif _is_divided(text, row):
            text = text[:-1] + row
        else:
            text += " " + row
    return text


def _is_divided(text: str, row: str) -> bool:
    """Whether the hyphen at the end of `text` divides a word that goes on in `row`."""
    return len(text) > 1 and text[-1] in "-\u00ad\u2010" and text[-2].isalpha() and row[0].islower()


def text_of(rows: Sequence[Row], texts: Sequence[str], *, form: bool) -> str:
    """The text of a block: one line for each paragraph, each list item, each row that was ended on purpose.

    In a form every row is a line.
    """
    if form:
        return "\n".join(text for text in texts if text.strip())
    written = {id(row): text.strip() for row, text in zip(rows, texts, strict=True)}
    width = bounds_of(line for row in rows for line in row).width if rows else 0.0
    out: list[str] = []
    for paragraph in split_rows(rows):
        parts: list[list[str]] = []
        for upper, row in zip([None, *paragraph], paragraph, strict=False):
            text = written[id(row)]
            is_item = _BULLET.match(text) and _starts_item(row, paragraph)
            if upper is None or is_item or _is_ended(upper, written[id(upper)], text, width):
                parts.append([])
            parts[-1].append(text)
        out += [_MARKS.sub("- ", joined, count=1) if _MARKS.match(joined) else joined for joined in map(join, parts)]
    return "\n".join(text for text in out if text)


def _starts_item(row: Row, paragraph: Sequence[Row]) -> bool:
    """Whether a row that looks like a list item stands where items start, not indented further than the paragraph."""
    left = min(line[0].rect.x0 for line in paragraph)
    return row[0].rect.x0 - left < 2 * row[0].rect.height


def _is_ended(row: Row, text: str, following: str, width: float) -> bool:
    """Whether a row was ended on purpose: the first word of the next would have fitted in the block's width."""
    words = following.split()
    if not text or not words or _WIDE.match(text[-1]) or _is_divided(text, following):
        return False
    taken = bounds_of(row)
    needed = (len(words[0]) + 1) * taken.width / len(text)
    return taken.width + needed + ROOM * taken.height < width
