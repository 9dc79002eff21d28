"""The official API's `prunedResult`: a page's result without what only the official server's own files need."""

from __future__ import annotations

from typing import Any

_LEFT_OUT = frozenset({"input_path", "page_index"})


def prune(value: Any) -> Any:
    """A copy without the keys `input_path` and `page_index`, at any depth (PaddleX: `prune_result` of its serving)."""
    if isinstance(value, dict):
        return {key: prune(item) for key, item in value.items() if key not in _LEFT_OUT}
    if isinstance(value, list):
        return [prune(item) for item in value]
    return value
