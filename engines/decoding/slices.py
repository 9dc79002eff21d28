"""Dividing work so that other work can run between."""

from __future__ import annotations


def parts(start: int, end: int, most: int) -> list[tuple[int, int]]:
    """start…end in parts of at most so many."""
    return [(place, min(place + most, end)) for place in range(start, end, most)]
