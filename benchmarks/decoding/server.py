"""Pages a second through gateway and Triton against `paddlex --serve`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def server_ratios(clients: Sequence[int]) -> Iterator[tuple[int, float, float]]:
    """For each number of clients: the pages a second of the official server, and of this one."""
    raise NotImplementedError
