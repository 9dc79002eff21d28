"""Text out of tokens as they come."""

from __future__ import annotations

from collections.abc import Callable, Sequence

UNFINISHED = "\ufffd"
"""What the tokenizer writes for a character of which some bytes are still to come."""


class TextStream:
    """Turns tokens into pieces of text whose sum is the text of all tokens.

    What a token reads as depends on the one before it (spaces, bytes of one character), so each piece is the difference
    that the new tokens make behind those of the last piece.
    """

    def __init__(self, text_of: Callable[[Sequence[int]], str]) -> None:
        self._text_of = text_of
        self._tokens: list[int] = []
        self._told = 0
        self._before = 0

    def add(self, token: int) -> str:
        """The text that the token adds; empty while a character is unfinished."""
        self._tokens.append(token)
        return self._piece(self._new_text())

    def end(self) -> str:
        """What is left, finished or not."""
        text = self._text_of(self._tokens[self._before :])
        return text[len(self._text_of(self._tokens[self._before : self._told])) :]

    def _new_text(self) -> str:
        return self._text_of(self._tokens[self._before :])

    def _piece(self, text: str) -> str:
        if text.endswith(UNFINISHED):
            return ""
        piece = text[len(self._text_of(self._tokens[self._before : self._told])) :]
        self._before, self._told = self._told, len(self._tokens)
        return piece
