"""Percentiles of what was measured or simulated."""

from __future__ import annotations

import math
from collections.abc import Sequence


def percentile(ordered: Sequence[float], part: float) -> float:
    """The least value that `part` per cent do not exceed; of nothing, not a number."""
    if not ordered:
        return math.nan
    return ordered[max(0, math.ceil(part / 100 * len(ordered)) - 1)]
