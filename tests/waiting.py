"""Waiting for what is about to come true."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(look: Callable[[], T | None], seconds: float = 60, *, told: Callable[[], object] = str) -> T:
    """What `look` gives, once that counts as true; after `seconds` the test fails with what `told` says."""
    ends_at = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < ends_at, f"waited in vain for {seconds:g} s: {told()}"
        time.sleep(0.02)
    return seen
