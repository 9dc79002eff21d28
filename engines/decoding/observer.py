"""Who hears what a decode loop does."""

from __future__ import annotations

from typing import Protocol


class Observer(Protocol):
    """Hears what the loop does. Called on the loop's thread: be quick."""

    def admitted(self, rows: int, vision_seconds: float, prefill_seconds: float) -> None:
        """Rows came to their first token."""

    def stepped(self, rows: int, seconds: float) -> None:
        """One token of each row was decoded."""

    def holds(self, rows: int, waiting: int, cache_tokens: int) -> None:
        """What decodes, what waits, and the tokens that the cache has room for, after a turn."""
