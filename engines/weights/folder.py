"""What MODEL_DIR holds, found out by looking."""

from __future__ import annotations

from pathlib import Path

import yaml

from engines.errors import MissingWeights
from engines.settings import EngineSettings
from engines.weights.models import ORIENTATION, PAIRS, UNWARPING, Model, Weights


def find_weights(settings: EngineSettings) -> Weights:
    """The models that MODEL_DIR holds, of the newest version that is complete or of the one that is named.

    Raises:
        MissingWeights: no complete pair is there.
    """
    folder = settings.model_dir
    if folder is None:
        raise MissingWeights("MODEL_DIR is not set: name the folder of the offline PaddleOCR-VL weights")
    models = {
        name: Model(name, path.parent) for path in sorted(folder.glob("*/inference.yml")) if (name := _name(path))
    }
    for version, pair in reversed(PAIRS.items()):
        needs_vlm = settings.vlm_engine == "local"
        if settings.model_version not in ("auto", version) or pair.layout not in models:
            continue
        if needs_vlm and pair.vlm not in models:
            continue
        return Weights(
            version,
            models[pair.layout],
            models[pair.vlm] if needs_vlm else None,
            models.get(ORIENTATION),
            models.get(UNWARPING),
        )
    raise MissingWeights(f"{folder}: no layout model with its PaddleOCR-VL is there")


def _name(path: Path) -> str:
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    return str(config["Global"]["model_name"])
