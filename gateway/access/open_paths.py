"""Paths that need no API key and count against no rate."""

from __future__ import annotations


class OpenPaths:
    """Each of `paths` with what lies below it; "/" is the one path alone."""

    def __init__(self, paths: tuple[str, ...]) -> None:
        self._paths = frozenset(paths)
        self._below = tuple(f"{path}/" for path in paths if path != "/")

    def __contains__(self, path: str) -> bool:
        return path in self._paths or path.startswith(self._below)
