"""What the models of MODEL_DIR refuse, and why: one place for the gateway's answers and the engines' own checks.

Importing this loads no model and no library of one.
"""

from __future__ import annotations

from pathlib import Path

from engines.refusals import Refusal
from engines.weights.models import ORIENTATION, UNWARPING, Weights


def layout_refusal(weights: Weights) -> Refusal:
    """What the layout model of these weights refuses."""

    def refuse(name: str, value: object) -> str | None:
        if name == "layoutShapeMode" and value in ("quad", "poly") and weights.version == "v1":
            return f"{name}: {weights.layout.name} finds rectangles; use rect or auto, or PaddleOCR-VL 1.5 or newer."
        return None

    return refuse


def preprocess_refusal(weights: Weights, model_dir: Path | None) -> Refusal:
    """What these weights refuse of a page's orientation and unwarping: what their folder has no model for."""
    models = {
        "useDocOrientationClassify": (ORIENTATION, weights.orientation),
        "useDocUnwarping": (UNWARPING, weights.unwarping),
    }

    def refuse(name: str, value: object) -> str | None:
        if value is not True or name not in models:
            return None
        wanted, found = models[name]
        return (
            None
            if found
            else f"{name}: the weights of {wanted} are not in MODEL_DIR ({model_dir}); put its folder there."
        )

    return refuse
