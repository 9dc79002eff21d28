"""The table of engines: the one place where a name in the settings becomes classes."""

from __future__ import annotations

from engines.layout.base import LayoutEngine
from engines.settings import EngineSettings
from engines.vlm.base import VlmEngine


def make_layout(settings: EngineSettings) -> LayoutEngine:
    """The layout engine that the settings name, not yet loaded."""
    from engines.layout.lite import LiteLayout

    return {"lite": LiteLayout}[settings.engine](settings)


def make_vlm(settings: EngineSettings) -> VlmEngine:
    """The recognition engine that the settings name, not yet loaded."""
    from engines.vlm.lite import LiteVlm

    return {"lite": LiteVlm}[settings.engine](settings)


def refusal(settings: EngineSettings, name: str, value: object) -> str | None:
    """Why the engine that the settings name can't honour a page option (public camelCase name), or None if it can."""
    from engines.lite.options import refusal as lite_refusal

    return {"lite": lite_refusal}[settings.engine](name, value)


def model_name(settings: EngineSettings) -> str:
    """The name under which answers tell which weights read the page."""
    return {"lite": f"PP-OCRv6 {settings.lite_model}"}[settings.engine]
