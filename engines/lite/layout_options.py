"""The options of a page as PP-DocLayout names them, read for the lite engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engines.errors import BadOption, UnsupportedOption
from engines.layout.base import LABELS
from engines.lite.options import layout_refusal

_PUBLIC_NAMES = {
    "layout_nms": "layoutNms",
    "layout_merge_bboxes_mode": "layoutMergeBboxesMode",
    "layout_shape_mode": "layoutShapeMode",
}
_UNCLIP = "layout_unclip_ratio"
_THRESHOLD = "threshold"
_IGNORED = frozenset({"filter_overlap_boxes"})
"""The page pipeline filters overlapping boxes itself and always passes False."""

Ratio = tuple[float, float]


@dataclass(frozen=True)
class LayoutOptions:
    """What a page asks for: a score that regions need, and factors for the sides of boxes, each overall or by label."""

    threshold: float | None = None
    thresholds: Mapping[str, float] = field(default_factory=dict)
    unclip: Ratio = (1.0, 1.0)
    unclips: Mapping[str, Ratio] = field(default_factory=dict)

    @classmethod
    def read(cls, options: Mapping[str, Any]) -> LayoutOptions:
        """Read PP-DocLayout's options; None means not given. Raises BadOption and UnsupportedOption."""
        known = {*_PUBLIC_NAMES, *_IGNORED, _UNCLIP, _THRESHOLD}
        if unknown := sorted(set(options) - known):
            raise BadOption(f"{unknown[0]}: the layout model has no such option.")
        for name, public in _PUBLIC_NAMES.items():
            if reason := layout_refusal(public, options.get(name)):
                raise UnsupportedOption(reason)
        threshold, unclip = options.get(_THRESHOLD), options.get(_UNCLIP)
        return cls(
            threshold=None if threshold is None or isinstance(threshold, Mapping) else _score(threshold),
            thresholds=_by_label(_THRESHOLD, threshold, _score),
            unclip=(1.0, 1.0) if unclip is None or isinstance(unclip, Mapping) else _ratio(unclip),
            unclips=_by_label(_UNCLIP, unclip, _ratio),
        )

    def threshold_of(self, label: str) -> float | None:
        """The score that a region of a label needs; None leaves it to the engine."""
        return self.thresholds.get(label, self.threshold)

    def unclip_of(self, label: str) -> Ratio:
        """The factors for the width and the height of boxes of a label."""
        return self.unclips.get(label, self.unclip)


def _by_label(name: str, value: Any, read: Any) -> dict[str, Any]:
    """A dictionary by class number (a number or its digits) or label, read as one by label."""
    if not isinstance(value, Mapping):
        return {}
    return {_label(name, key): read(entry) for key, entry in value.items()}


def _label(name: str, key: Any) -> str:
    text = str(key)
    if text in LABELS:
        return text
    if text.isdecimal() and int(text) < len(LABELS):
        return LABELS[int(text)]
    raise BadOption(f"{name}: {text!r} is no class; use a label or a number from 0 to {len(LABELS) - 1}.")


def _score(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise BadOption(f"{_THRESHOLD}: {value!r} is no number from 0 to 1.")
    return float(value)


def _ratio(value: Any) -> Ratio:
    pair = tuple(value) if isinstance(value, (list, tuple)) else (value, value)
    if len(pair) != 2 or not all(isinstance(side, (int, float)) and side > 0 for side in pair):
        raise BadOption(f"{_UNCLIP}: {value!r} is neither a number above 0 nor two of them.")
    return float(pair[0]), float(pair[1])
