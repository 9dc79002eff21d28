"""Who hears what a decode loop does."""

from __future__ import annotations

from typing import Protocol


class Observer(Protocol):
    """Hears what the loop does. Called on the loop's thread: be quick."""

    def admitted(self, rows: int, vision_seconds: float, prefill_seconds: float) -> None:
        """Rows came to their first token; none where an admission was given up and only took time."""

    def stepped(self, rows: int, seconds: float) -> None:
        """One token of each row was decoded."""

    def holds(self, rows: int, waiting: int, cache_tokens: int, cache_budget: int) -> None:
        """What decodes, what waits, the tokens of the cache that are taken, and all that it may hold, after a turn."""
