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
"""Source: PaddleX, `configs/pipelines/PaddleOCR-VL*.yaml`."""
ORIENTATION = "PP-LCNet_x1_0_doc_ori"
UNWARPING = "UVDoc"


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
