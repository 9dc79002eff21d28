"""A crop on its way through the decode loop."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from engines.decoding.prompts import Prompt
from engines.futures import succeed
from engines.vlm.base import FinishReason, Text


@dataclass(eq=False)
class Row:
    """One crop: its prompt, what was generated so far, and the future that waits for its text.

    `length` counts the tokens in the cache; the last of `generated` is not among them until its step has run.
    """

    prompt: Prompt
    future: Future[Text]
    on_token: Callable[[int], None] | None = None
    generated: list[int] = field(default_factory=list)
    length: int = 0
    queued_at: float = field(default_factory=time.perf_counter)
    begun_at: float = 0.0
    told: int = 0
    """How many tokens `on_token` has heard: a row that starts anew makes the same ones again."""
    entropy: int = field(default_factory=lambda: secrets.randbits(64))
    image: Any = None
    """The picture's tokens, [tokens, hidden size], where they were made before the row was admitted."""
    vision_seconds: float = 0.0
    """What that took, until the row begins."""

    @cached_property
    def random(self) -> np.random.Generator:
        """What the row samples with: the same for the same seed."""
        seed = self.prompt.options.seed
        return np.random.default_rng(self.entropy if seed is None else seed)

    @property
    def is_abandoned(self) -> bool:
        """Whether nobody waits any more."""
        return self.future.done()

    @property
    def is_late(self) -> bool:
        """Whether its deadline has passed."""
        deadline = self.prompt.options.deadline
        return deadline is not None and time.time() >= deadline

    @property
    def is_wanted(self) -> bool:
        """Whether there is still a reason to work on it."""
        return not (self.is_abandoned or self.is_late)

    @property
    def is_encoded(self) -> bool:
        """Whether its picture went through the vision tower."""
        return self.image is not None

    @property
    def length_at_first(self) -> int:
        """The tokens that it begins with in the cache: its prompt, and its first one."""
        return self.prompt.length + 1

    @property
    def position(self) -> int:
        """The position of the token that the next step feeds in."""
        return self.length + self.prompt.delta

    def begin(self) -> None:
        """Note that work on the crop begins, anew if it had to be interrupted."""
        self.begun_at = time.perf_counter() - self.vision_seconds
        self.vision_seconds = 0.0
        self.generated.clear()
        self.length = 0
        self.__dict__.pop("random", None)

    def see(self, image: Any, seconds: float) -> None:
        """Keep the image's tokens [tokens, hidden size], for good, instead of the patches, which take twice as much."""
        self.vision_seconds = seconds
        self.prompt = replace(self.prompt, patches=np.empty((0, *self.prompt.patches.shape[1:]), np.float32))
        self.image = image

    def take(self, token: int) -> None:
        """Add a generated token."""
        self.generated.append(token)
        if self.on_token and len(self.generated) > self.told:
            self.told += 1
            self.on_token(token)

    def answer(self, text: str, tokens: int, reason: FinishReason) -> None:
        """End the future with a text, unless it has ended."""
        now = time.perf_counter()
        begun = self.begun_at or now
        read = Text(text, tokens, reason, queue_seconds=begun - self.queued_at, engine_seconds=now - begun)
        succeed(self.future, read)
