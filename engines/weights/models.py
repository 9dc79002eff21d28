"""The models of the official pipelines, by PaddleX's names, and which of them belong together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Version = Literal["v1", "v1.5", "v1.6"]
"""A version of the official pipeline, by the names of `paddleocr.PaddleOCRVL(pipeline_version=…)`."""


@dataclass(frozen=True)
class Pair:
    """The two models that were trained to work together, by the names in their `inference.yml`."""

    layout: str
    vlm: str


PAIRS: Mapping[Version, Pair] = {
    "v1": Pair("PP-DocLayoutV2", "PaddleOCR-VL-0.9B"),
    "v1.5": Pair("PP-DocLayoutV3", "PaddleOCR-VL-1.5-0.9B"),
    "v1.6": Pair("PP-DocLayoutV3", "PaddleOCR-VL-1.6-0.9B"),
}
"""Oldest first. Source: PaddleX, `configs/pipelines/PaddleOCR-VL*.yaml`."""
ORIENTATION = "PP-LCNet_x1_0_doc_ori"
UNWARPING = "UVDoc"
LAYOUTS = frozenset(pair.layout for pair in PAIRS.values())
VLMS = frozenset(pair.vlm for pair in PAIRS.values())
KNOWN = LAYOUTS | VLMS | {ORIENTATION, UNWARPING}
"""Every model that a server can take out of MODEL_DIR."""
OFFICIAL_FOLDERS: Mapping[str, str] = {
    **{name: name for name in KNOWN},
    **{name.removesuffix("-0.9B"): name for name in VLMS},
}
"""The model that a folder of this name must hold: PaddleX's own downloads leave `-0.9B` away.

Source: PaddleX, `inference/utils/official_models.py`.
"""


@dataclass(frozen=True)
class Model:
    """A model on disk: its name in PaddleX, and its folder."""

    name: str
    path: Path


@dataclass(frozen=True)
class Weights:
    """The models that a server takes out of MODEL_DIR. `vlm` is None where crops go to a server of their own."""

    version: Version
    layout: Model
    vlm: Model | None = None
    orientation: Model | None = None
    unwarping: Model | None = None

    @property
    def models(self) -> tuple[Model, ...]:
        """All of them, layout first."""
        return tuple(model for model in (self.layout, self.vlm, self.orientation, self.unwarping) if model)
