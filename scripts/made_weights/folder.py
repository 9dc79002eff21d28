"""The folder of a version's models, laid out as in the official images' `official_models`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engines.weights.models import PAIRS, Version
from scripts.made_weights.layout import write_layout
from scripts.made_weights.notice import write_notice
from scripts.made_weights.preprocessing import write_preprocessing
from scripts.made_weights.vlm.model import write_vlm
from scripts.made_weights.vlm.safetensors import Dtype
from scripts.made_weights.vlm.shape import Size
from scripts.made_weights.vlm.tensors import Manners

MODEL_FOLDERS: Mapping[str, str] = {
    "PaddleOCR-VL-0.9B": "PaddleOCR-VL",
    "PaddleOCR-VL-1.5-0.9B": "PaddleOCR-VL-1.5",
    "PaddleOCR-VL-1.6-0.9B": "PaddleOCR-VL-1.6",
}
"""Folders that are not named as their model. Source: PaddleX, `_ModelManager._get_model_local_path`."""


def make_weights(
    folder: Path,
    version: Version = "v1.6",
    size: Size = "tiny",
    *,
    dtype: Dtype = "float32",
    seed: int = 0,
    with_preprocessing: bool = False,
    manners: Manners | None = None,
) -> Path:
    """Write the models of a version into the folder, which is made if it is not there, and return it.

    `size` is that of PaddleOCR-VL: "tiny" takes seconds and megabytes, "full" has the released shape of 0.9 billion
    numbers of type `dtype`. `with_preprocessing` adds the models that turn and flatten pages. `manners` says how
    texts end and repeat. The same arguments give the same models.
    """
    folder.mkdir(parents=True, exist_ok=True)
    manners = manners or Manners()
    how = f"{version}, {size}, {dtype}, seed {seed}, {manners}"
    pair = PAIRS[version]
    write_layout(_place(folder, pair.layout), pair.layout)
    write_vlm(_place(folder, pair.vlm), pair.vlm, size, dtype, seed, manners)
    if with_preprocessing:
        write_preprocessing(folder)
    for made in (folder, *(path.parent for path in folder.glob("*/inference.yml"))):
        write_notice(made, how)
    return folder


def _place(folder: Path, model: str) -> Path:
    return folder / MODEL_FOLDERS.get(model, model)
