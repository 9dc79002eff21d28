"""What the lite engine refuses, and why: one table for the gateway's answers and the engine's own checks.

Importing this loads no model and no library of one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

SAMPLING = "the lite engine recognises and does not sample; leave it out"

REFUSED: Mapping[str, str] = {
    "temperature": SAMPLING,
    "topP": SAMPLING,
    "repetitionPenalty": SAMPLING,
    "useChartRecognition": "the lite engine has no model for charts; leave it out",
    "useSealRecognition": "the lite engine has no model for seals; leave it out",
    "useDocUnwarping": "the lite engine has no model that flattens pages; leave it out",
    "useDocOrientationClassify": "the lite engine has no model for a page's orientation; send pages upright",
    "promptLabel": "the lite engine reads only the prompt labels ocr and table",
    "layoutNms": "the lite engine always suppresses doubled regions; leave it out",
    "layoutMergeBboxesMode": "the lite engine keeps the surest of overlapping regions; leave it out",
    "layoutShapeMode": "the lite engine finds rectangles; use rect or auto",
}
"""Why each option can't be honoured, by its public name in camelCase."""

_HONOURED: Mapping[str, Callable[[Any], bool]] = {
    "useChartRecognition": lambda value: value is False,
    "useSealRecognition": lambda value: value is False,
    "useDocUnwarping": lambda value: value is False,
    "useDocOrientationClassify": lambda value: value is False,
    "promptLabel": lambda value: value in ("ocr", "table"),
    "layoutNms": lambda value: value is True,
    "layoutShapeMode": lambda value: value in ("rect", "auto"),
}
"""The values of refused options that ask for nothing the engine lacks."""

PROMPTS: Mapping[str, str] = {"OCR:": "ocr", "Table Recognition:": "table"}
"""The prompts that the lite engine answers, and their public labels."""


def refusal(name: str, value: object) -> str | None:
    """Why the lite engine can't honour an option, by its public name; None where it can. An absent value is None."""
    if value is None or name not in REFUSED or _HONOURED.get(name, lambda _: False)(value):
        return None
    return f"{name}: {REFUSED[name]}."
