"""The lines read in a crop as its text: in order, within the token limit, with a word on what could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engines.lite.lines import Line, rows_of
from engines.lite.paragraphs import text_of
from engines.lite.regions import is_tabular
from engines.lite.scripts import UNREADABLE
from engines.lite.table_structure import Structure
from engines.lite.tables import table_html
from engines.lite.text_recognition import Reading
from engines.vlm.base import FinishReason, Text

LONG_ENOUGH = 3
"""A line read as fewer characters than this may be a speck: its loss is not worth a warning."""


@dataclass(frozen=True)
class Passage:
    """A line and what was read in it."""

    line: Line
    reading: Reading


def compose_text(passages: Sequence[Passage], limit: int, is_late: bool) -> Text:
    """Paragraphs, one a line; a form's rows, one a line."""
    kept, tokens, finish = _within(_in_order(_readable(passages)), limit, is_late)
    text_by_line = {id(passage.line): passage.reading.text.strip() for passage in kept}
    lines = [passage.line for passage in kept]
    rows = rows_of(lines)
    texts = [" ".join(text_by_line[id(line)] for line in row) for row in rows]
    return Text(text_of(rows, texts, form=is_tabular(lines)), tokens, finish, _warnings(passages))


def compose_table(structure: Structure, passages: Sequence[Passage], limit: int, is_late: bool) -> Text:
    """HTML."""
    kept, tokens, finish = _within(_in_order(_readable(passages)), limit, is_late)
    lines, texts = [passage.line for passage in kept], [passage.reading.text.strip() for passage in kept]
    return Text(table_html(structure, lines, texts), tokens, finish, _warnings(passages))


def _is_readable(reading: Reading) -> bool:
    return reading.score >= UNREADABLE


def _readable(passages: Sequence[Passage]) -> list[Passage]:
    return [passage for passage in passages if passage.reading.text.strip() and _is_readable(passage.reading)]


def _in_order(passages: Sequence[Passage]) -> list[Passage]:
    """From top to bottom, and from left to right in a row."""
    by_line = {id(passage.line): passage for passage in passages}
    return [by_line[id(line)] for row in rows_of(passage.line for passage in passages) for line in row]


def _within(passages: Sequence[Passage], limit: int, is_late: bool) -> tuple[list[Passage], int, FinishReason]:
    """The passages that a limit of characters leaves, the characters in them, and why the text ends there."""
    kept: list[Passage] = []
    left = limit
    for passage in passages:
        text = passage.reading.text
        if left <= 0:
            break
        kept.append(Passage(passage.line, Reading(text[:left], passage.reading.score)))
        left -= len(text)
    finish: FinishReason = "length" if left < 0 or len(kept) < len(passages) else "stop"
    return kept, limit - max(0, left), "deadline" if is_late else finish


def _warnings(passages: Sequence[Passage]) -> tuple[str, ...]:
    """A sentence about the lines that neither recogniser could read."""
    unread = [p for p in passages if not _is_readable(p.reading) and len(p.reading.text.strip()) >= LONG_ENOUGH]
    if not unread:
        return ()
    lines = "1 line" if len(unread) == 1 else f"{len(unread)} lines"
    return (f"{lines} could not be read (a script that the lite engine does not know, handwriting, or a bad image)",)
