"""What the paddle engine refuses, and why: one table for the gateway's answers and the engine's own checks.

Importing this loads no model and no library of one.
"""

from __future__ import annotations

from engines.settings import EngineSettings
from engines.weights.folder import find_weights
from engines.weights.models import ORIENTATION, UNWARPING


def refusal(settings: EngineSettings, name: str, value: object) -> str | None:
    """Why the paddle engine can't honour an option, by its public name; None where it can. An absent value is None."""
    weights = find_weights(settings)
    if name == "useDocOrientationClassify" and value is True and weights.orientation is None:
        return _missing(settings, name, ORIENTATION)
    if name == "useDocUnwarping" and value is True and weights.unwarping is None:
        return _missing(settings, name, UNWARPING)
    if name == "layoutShapeMode" and value in ("quad", "poly") and weights.version == "v1":
        return f"{name}: {weights.layout.name} finds rectangles; use rect or auto, or PaddleOCR-VL 1.5 or newer."
    return None


def _missing(settings: EngineSettings, name: str, model: str) -> str:
    return f"{name}: the weights of {model} are not in MODEL_DIR ({settings.model_dir}); put its folder there."
