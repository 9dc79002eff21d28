"""How large a slice of an admission may be, so that the crops that decode hardly notice it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Share:
    """What those on their way in get of the time.

    `least` and `most`, in steps of those that decode: the most where nearly all slots are free, since a step of few
    rows takes about as long as one of many. `longest_wait` is what a crop waits for its next token, in steps of a crop
    alone: where a step of many rows takes long by itself, as it does on a CPU, newcomers get what is left of that, but
    the time of such a step at least.
    """

    least: float
    most: float
    longest_wait: float


VISION_AND_PREFILL = Share(1.0, 3.5, 4.5)
"""With `most` at 3.5 slots were 94 % full instead of 88 with 2.5 (18 narrow layers), and the longest wait was 6 to 7
steps instead of 4 to 6."""
PREFILL = Share(1.0, 2.0, 3.0)
"""For pictures that are encoded beside the loop: with more, slots were as full, and at the released shape on two cores,
where encoding slows the steps, the longest wait was 9 to 11 steps instead of 7."""
LEAST_SECONDS = 0.02
"""What newcomers get between two steps at least: steps of a small model take 1 or 2 ms, and nobody notices a token that
comes 20 ms later. Without it slots were 80 % full in place of 86 (18 narrow layers)."""
SMALLEST_SLICE = 64
"""Tokens: below that, slices cost more than they are worth."""
WHOLE = 1 << 30
"""A slice that holds everything."""
_MEMORY = 0.7
"""How much of an estimate a new measurement leaves."""

Stage = Literal["vision", "prefill"]


class Pace:
    """What a step takes; in an admission, a patch in a layer of the vision tower and a token in one of the decoder."""

    def __init__(self, share: Share) -> None:
        self._shares = share
        self._step = 0.0
        self._step_alone = 0.0
        self._token: dict[Stage, float] = {"vision": 0.0, "prefill": 0.0}

    def stepped(self, rows: int, seconds: float) -> None:
        """Note a step of so many rows."""
        self._step = _blend(self._step, seconds)
        if rows == 1:
            self._step_alone = _blend(self._step_alone, seconds)

    def admitted(self, stage: Stage, token_layers: int, seconds: float) -> None:
        """Note a stage of an admission: its patches or tokens times the layers they went through, if there were any."""
        if token_layers:
            self._token[stage] = _blend(self._token[stage], seconds / token_layers)

    def allowance(self, step: float, free: int, slots: int) -> float:
        """Seconds for an admission behind a step that took so long, with so many slots free."""
        seconds = step * self._share(free, slots)
        if self._step_alone:
            seconds = min(seconds, max(self._shares.longest_wait * self._step_alone - step, self._step_alone))
        return max(seconds, LEAST_SECONDS)

    def slice_tokens(self, stage: Stage, *, decoding: bool) -> int:
        """Patches or tokens that one slice may take through a layer: about a step's time where others decode, else all.

        Of the shortest steps, where they differ: that the time for an admission is kept to, it must be divisible.
        """
        step, token = min(self._step, self._step_alone or self._step), self._token[stage]
        if not decoding or not token or not step:
            return WHOLE
        return max(SMALLEST_SLICE, int(step / token))

    def group_patches(self, free: int, slots: int, *, decoding: bool) -> int:
        """Patches that begin together: as many as get through a layer in the time between two steps."""
        return int(self.slice_tokens("vision", decoding=decoding) * self._share(free, slots))

    def _share(self, free: int, slots: int) -> float:
        return self._shares.least + (self._shares.most - self._shares.least) * free / slots


def _blend(old: float, new: float) -> float:
    return _MEMORY * old + (1 - _MEMORY) * new if old else new
