"""The configurations of the official pipelines, as PaddleX ships them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import paddlex
import yaml

from engines.weights.models import Version

_FILES: Mapping[Version, str] = {
    "v1": "PaddleOCR-VL.yaml",
    "v1.5": "PaddleOCR-VL-1.5.yaml",
    "v1.6": "PaddleOCR-VL-1.6.yaml",
}
_LAYOUT_ARGUMENTS = ("threshold", "layout_nms", "layout_unclip_ratio", "layout_merge_bboxes_mode")


@cache
def official_config(version: Version) -> dict[str, Any]:
    """The configuration of a pipeline, with its own threads switched off. Treat it as read-only."""
    path = Path(paddlex.__file__).parent / "configs" / "pipelines" / _FILES[version]
    return {**yaml.safe_load(path.read_text(encoding="utf-8")), "use_queues": False}


def layout_arguments(version: Version) -> dict[str, Any]:
    """With what the official pipeline builds its layout model: what holds where a page names nothing else."""
    config = official_config(version)["SubModules"]["LayoutDetection"]
    return {name: config[name] for name in _LAYOUT_ARGUMENTS if config.get(name) is not None}
