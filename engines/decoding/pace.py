"""How large a slice of an admission may be, so that the crops that decode hardly notice it."""

from __future__ import annotations

LEAST_SHARE, MOST_SHARE = 1.0, 2.0
"""Time for those on their way in, in steps of those that decode: the most where nearly all slots are free, since a step
of few rows takes as long as one of many. It is also what a crop waits between two steps: with a share of 4 slots were
no more than 6 % fuller, and the longest wait was 12 steps of a crop alone instead of 8 (18 narrow layers)."""
SMALLEST_SLICE = 64
"""Tokens: below that, slices cost more than they are worth."""
WHOLE = 1 << 30
"""A slice that holds everything."""
_MEMORY = 0.7
"""How much of an estimate a new measurement leaves."""


class Pace:
    """What a step takes, and a token of an admission in one layer (a patch in a vision layer costs about the same)."""

    def __init__(self) -> None:
        self._step = 0.0
        self._token = 0.0

    def stepped(self, seconds: float) -> None:
        """Note a step."""
        self._step = _blend(self._step, seconds)

    def admitted(self, token_layers: int, seconds: float) -> None:
        """Note an admission: its tokens times the layers they went through."""
        self._token = _blend(self._token, seconds / token_layers)

    @staticmethod
    def share(free: int, slots: int) -> float:
        """Time for an admission between two steps, in steps, with so many slots free."""
        return LEAST_SHARE + (MOST_SHARE - LEAST_SHARE) * free / slots

    def slice_tokens(self, *, decoding: bool) -> int:
        """Tokens that one slice may take through a layer: what a step's time holds where others decode, else all."""
        if not decoding or not self._token or not self._step:
            return WHOLE
        return max(SMALLEST_SLICE, int(self._step / self._token))


def _blend(old: float, new: float) -> float:
    return _MEMORY * old + (1 - _MEMORY) * new if old else new
