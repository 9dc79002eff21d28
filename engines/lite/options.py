"""What the lite engine refuses, and why: one table for the gateway's answers and the engine's own checks.

Importing this loads no model and no library of one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

SAMPLING = "the lite engine recognises and does not sample; leave it out"

Reasons = Mapping[str, str]

LAYOUT: Reasons = {
    "layoutNms": "the lite engine always suppresses doubled regions; leave it out",
    "layoutMergeBboxesMode": "the lite engine keeps the surest of overlapping regions; leave it out",
    "layoutShapeMode": "the lite engine finds rectangles; use rect or auto",
    "useChartRecognition": "the lite engine has no model for charts; leave it out",
    "useSealRecognition": "the lite engine has no model for seals; leave it out",
}
PREPROCESS: Reasons = {
    "useDocUnwarping": "the lite engine has no model that flattens pages; leave it out",
    "useDocOrientationClassify": "the lite engine has no model for a page's orientation; send pages upright",
}
VLM: Reasons = {
    "temperature": SAMPLING,
    "topP": SAMPLING,
    "repetitionPenalty": SAMPLING,
    "promptLabel": "the lite engine reads only the prompt labels ocr and table",
}
"""Why options can't be honoured by each of the lite models, by their public names in camelCase."""
_HEIGHT = "of no effect: the lite engine reads every line at a height of 48 pixels"
WITHOUT_EFFECT: Reasons = {"minPixels": _HEIGHT, "maxPixels": _HEIGHT, "vlmExtraArgs": _HEIGHT}
"""Options that the lite recogniser takes, because clients send them with every page, and that change nothing."""

_HONOURED: Mapping[str, Callable[[Any], bool]] = {
    "useChartRecognition": lambda value: value is False,
    "useSealRecognition": lambda value: value is False,
    "useDocUnwarping": lambda value: value is False,
    "useDocOrientationClassify": lambda value: value is False,
    "promptLabel": lambda value: value in ("ocr", "table"),
    "layoutNms": lambda value: value is True,
    "layoutShapeMode": lambda value: value in ("rect", "auto"),
    "temperature": lambda value: value == 0,
    "topP": lambda value: value == 1,
    "repetitionPenalty": lambda value: value == 1,
}
"""The values of refused options that ask for nothing the engine lacks."""

PROMPTS: Mapping[str, str] = {"OCR:": "ocr", "Table Recognition:": "table"}
"""The prompts that the lite engine answers, and their public labels."""


def layout_refusal(name: str, value: object) -> str | None:
    """Why the lite layout can't honour an option, by its public name; None where it can. An absent value is None."""
    return _refusal(LAYOUT, name, value)


def preprocess_refusal(name: str, value: object) -> str | None:
    """The same of what is done to a page before its layout."""
    return _refusal(PREPROCESS, name, value)


def vlm_refusal(name: str, value: object) -> str | None:
    """The same of the lite recogniser."""
    return _refusal(VLM, name, value)


def vlm_notice(name: str, value: object) -> str | None:
    """What to tell of an option that changes nothing in what the lite recogniser reads; None where it is not given."""
    return f"{name}: {WITHOUT_EFFECT[name]}." if name in WITHOUT_EFFECT and value else None


def _refusal(reasons: Reasons, name: str, value: object) -> str | None:
    if value is None or name not in reasons or _HONOURED.get(name, lambda _: False)(value):
        return None
    return f"{name}: {reasons[name]}."
