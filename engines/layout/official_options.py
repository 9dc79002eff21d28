"""The options of a page for PP-DocLayoutV2 and V3, by the names of PaddleX's predictor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from engines.errors import BadOption
from engines.options import JsonOptions
from engines.page.options import ClassKey, MergeMode, Ratio, UnclipRatio


class OfficialOptions(JsonOptions):
    """What a page may ask of the layout model. None leaves a choice to the official pipeline's configuration.

    Dictionaries by class take class numbers or label names as keys.
    """

    threshold: Ratio | dict[ClassKey, Ratio] | None = None
    layout_nms: bool | None = None
    layout_unclip_ratio: UnclipRatio | dict[ClassKey, UnclipRatio] | None = None
    layout_merge_bboxes_mode: MergeMode | dict[ClassKey, MergeMode] | None = None
    layout_shape_mode: Literal["rect", "quad", "poly", "auto"] | None = None
    filter_overlap_boxes: bool | None = None

    def arguments(self, defaults: Mapping[str, Any], labels: Sequence[str]) -> dict[str, Any]:
        """The arguments of PaddleX's post-processing: what the page names, and `defaults` for the rest.

        `labels` are the model's, in the order of its class numbers; a label stands for every class that bears it.
        Where a dictionary leaves out a class, PaddleX takes the threshold 0.5, the ratio 1 and the mode union.

        Raises:
            BadOption: a dictionary names a class that the model does not have.
        """
        named = {
            name: _by_number(name, value, labels) if isinstance(value, dict) else value
            for name in type(self).model_fields
            if (value := getattr(self, name)) is not None
        }
        unclip = named.get("layout_unclip_ratio")
        if isinstance(unclip, dict):
            named["layout_unclip_ratio"] = {number: _pair(ratio) for number, ratio in unclip.items()}
        return {**defaults, **named}


def _by_number(name: str, by_class: Mapping[int | str, Any], labels: Sequence[str]) -> dict[int, Any]:
    return {number: value for key, value in by_class.items() for number in _numbers(name, key, labels)}


def _numbers(name: str, key: int | str, labels: Sequence[str]) -> list[int]:
    if isinstance(key, int):
        found = [key] if 0 <= key < len(labels) else []
    else:
        found = [number for number, label in enumerate(labels) if label == key]
    if not found:
        raise BadOption(
            f"{name}: {key!r} is no class; use a number from 0 to {len(labels) - 1} or one of {_all(labels)}."
        )
    return found


def _all(labels: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(labels))


def _pair(ratio: float | tuple[float, float]) -> tuple[float, float]:
    return ratio if isinstance(ratio, tuple) else (ratio, ratio)
