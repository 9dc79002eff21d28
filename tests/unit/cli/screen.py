"""What a person sees of bytes that were written to a terminal."""

from __future__ import annotations

import re

_PART = re.compile(r"\x1b\[(?P<number>\d*)(?P<kind>[A-Z])|\x1b\[[?\d;]*[hlm]|(?P<end>[\r\n])|(?P<text>[^\x1b\r\n]+)")


def screen(told: bytes) -> list[str]:
    """The lines of a terminal that is high enough never to scroll. Raises ValueError for a sequence unknown here."""
    lines, row, column = [""], 0, 0
    text = told.decode()
    at = 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            raise ValueError(f"not known: {text[at : at + 10]!r}")
        at = part.end()
        if part["end"] == "\r":
            column = 0
        elif part["end"]:
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif part["text"]:
            before = lines[row].ljust(column)
            lines[row] = before[:column] + part["text"] + before[column + len(part["text"]) :]
            column += len(part["text"])
        elif part["kind"] == "A":
            row = max(0, row - int(part["number"] or 1))
        elif part["kind"] == "K":
            lines[row] = "" if part["number"] == "2" else lines[row][:column]
        elif part["kind"]:
            raise ValueError(f"not known: {part[0]!r}")
    return lines
