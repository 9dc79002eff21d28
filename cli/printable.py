"""Names and messages of strangers, made fit for a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """`text` with everything escaped that would not print: control characters, bytes that are no UTF-8."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text
    )
