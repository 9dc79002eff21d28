"""The rows that wait to be admitted."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from threading import Condition

from engines.decoding.cache import Cache
from engines.decoding.rows import Row

GROUP_PATCHES = 4096
"""Patches that go through the vision tower together: a page's worth of lines, or one large table. (A row that is
encoded has none.)"""
GROUP_TOKENS = 4096
"""Prompt tokens, padding included, that are prefilled together."""
AHEAD_TOKENS = 16384
"""Tokens of pictures that are encoded and wait: more would only take the processor from the rows that decode."""


class WaitingRows:
    """A queue of rows. Any thread may use it.

    `encoded_only`: rows leave it with their picture encoded, by someone who asks for them with `next_picture`.
    """

    def __init__(self, *, encoded_only: bool) -> None:
        self._encoded_only = encoded_only
        self._rows: deque[Row] = deque()
        self._changed = Condition()
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self) -> list[Row]:
        """All of them, the next one first."""
        with self._changed:
            return list(self._rows)

    def add(self, rows: Iterable[Row]) -> None:
        """Let rows wait behind the others."""
        with self._changed:
            self._rows.extend(rows)
            self._changed.notify_all()

    def put_back(self, rows: Sequence[Row]) -> None:
        """Let rows wait before the others, in this order."""
        with self._changed:
            self._rows.extendleft(reversed(rows))
            self._changed.notify_all()

    def remove(self, row: Row) -> bool:
        """Take out a row; False if it does not wait here."""
        with self._changed:
            if row not in self._rows:
                return False
            self._rows.remove(row)
            self._changed.notify_all()
            return True

    def close(self) -> None:
        """Nobody shall wait for anything any more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._is_closed

    @property
    def is_ready(self) -> bool:
        """Whether there is a first row that can be admitted, or that has ended and is to be taken out."""
        with self._changed:
            return bool(self._rows) and (self._may_leave(self._rows[0]) or not self._rows[0].is_wanted)

    def wait(self, seconds: float) -> None:
        """Wait until `is_ready`; not longer than so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self.is_ready, seconds)

    def take_group(self, most: int, most_patches: int, cache: Cache) -> list[Row]:
        """Take out the rows that begin together, in their order, and reserve their room in the cache.

        At most so many rows and patches, but one row at least, unless the first does not fit or is not encoded yet.
        """
        group: list[Row] = []
        patches = longest = 0
        with self._changed:
            while self._rows and self._may_leave(self._rows[0]) and len(group) < most:
                row = self._rows[0]
                patches += len(row.prompt.patches)
                longest = max(longest, row.prompt.length)
                if group and (patches > min(GROUP_PATCHES, most_patches) or longest * (len(group) + 1) > GROUP_TOKENS):
                    break
                if not cache.reserve([other.length_at_first for other in (*group, row)]):
                    break
                group.append(self._rows.popleft())
            if group:
                cache.reserve([row.length_at_first for row in group])
                self._changed.notify_all()
        return group

    def next_picture(self) -> Row | None:
        """Wait for the first row whose picture is to be encoded, and return it, still waiting; None when closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._picture() is not None)
            return None if self._is_closed else self._picture()

    def notify(self) -> None:
        """Let those who wait look again: a row was encoded, or has ended."""
        with self._changed:
            self._changed.notify_all()

    def _may_leave(self, row: Row) -> bool:
        return row.is_encoded or not self._encoded_only

    def _picture(self) -> Row | None:
        ahead = 0
        for row in self._rows:
            if row.is_encoded:
                ahead += row.prompt.image_tokens
                if ahead >= AHEAD_TOKENS:
                    return None
            elif row.is_wanted:
                return row
        return None
