"""What MODEL_DIR holds, found out by looking: names only, so that every process can afford it at its start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engines.errors import MissingWeights
from engines.settings import EngineSettings
from engines.weights.models import KNOWN, OFFICIAL_FOLDERS, ORIENTATION, PAIRS, UNWARPING, Model, Version, Weights
from engines.weights.reading import read_yaml

CONFIG = "inference.yml"
REMEDY = "Copy /home/paddleocr/.paddlex/official_models whole out of an official offline image (docs/weights.md)."
_OFFICIAL = "official_models"
_OTHER_FORMATS = ("_safetensors", "_onnx")
"""Folders that PaddleX downloads for other engines than Paddle's end so, and hold a model of the same name."""
_SIGNS = ("model.safetensors", "inference.pdiparams")
"""A folder with one of these is a model's, whatever else it lacks."""


@dataclass(frozen=True)
class Contents:
    """The models of the official pipelines that a folder holds, by name."""

    root: Path
    """The folder with one folder a model: MODEL_DIR, or `official_models` in it."""
    models: Mapping[str, Model]
    passed_over: tuple[str, ...] = ()
    """Folders that look like a model's and can't be taken, each with the reason."""


def find_weights(settings: EngineSettings) -> Weights:
    """The models that MODEL_DIR holds, of the newest version whose pair is there or of the one that is named.

    Raises:
        MissingWeights: no such pair is there, or MODEL_DIR contradicts itself.
    """
    if settings.model_dir is None:
        raise MissingWeights("MODEL_DIR is not set: name the folder of the offline PaddleOCR-VL weights")
    return choose(look_into(settings.model_dir), settings.model_version, with_vlm=settings.vlm_engine == "local")


def look_into(folder: Path) -> Contents:
    """Every model of the official pipelines in a folder.

    Raises:
        MissingWeights: the folder can't be read, a model's `inference.yml` can't, two folders hold the same model, or
            a folder has the official name of another model than the one in it.
    """
    try:
        root = _root(folder)
        return _look_into(root, sorted(path for path in root.iterdir() if path.is_dir()))
    except OSError as error:
        raise MissingWeights(f"MODEL_DIR: {error.filename} can't be read: {error.strerror}. {REMEDY}") from None


def choose(contents: Contents, version: Literal["auto"] | Version, *, with_vlm: bool) -> Weights:
    """The models to serve: of `version`, or for auto of the newest one that is there.

    Raises:
        MissingWeights: a model of the version is not there, or for auto no version has all of its models.
    """
    models = contents.models
    for candidate in reversed(list(PAIRS)):
        if version in ("auto", candidate) and not _lacking(contents, candidate, with_vlm=with_vlm):
            pair = PAIRS[candidate]
            vlm = models[pair.vlm] if with_vlm else None
            return Weights(candidate, models[pair.layout], vlm, models.get(ORIENTATION), models.get(UNWARPING))
    raise MissingWeights(_refusal(contents, version, with_vlm=with_vlm))


def indented(lines: Iterable[str]) -> list[str]:
    """The lines of a list inside a message."""
    return [f"  {line}" for line in lines]


def _root(folder: Path) -> Path:
    if not folder.is_dir():
        raise MissingWeights(f"MODEL_DIR: {folder} is no folder. {REMEDY}")
    root = folder / _OFFICIAL if (folder / _OFFICIAL).is_dir() else folder
    if (root / CONFIG).exists():
        raise MissingWeights(f"MODEL_DIR: {root} is the folder of one model: name the folder above it.")
    return root


def _look_into(root: Path, places: list[Path]) -> Contents:
    models: dict[str, Model] = {}
    complaints, passed_over = [], []
    for place in places:
        path = _folder_of(place)
        if _is_for_another_engine(path):
            passed_over.append(f"{path.name} is for another engine than Paddle's")
        elif (path / CONFIG).exists():
            try:
                _add(models, path)
            except MissingWeights as error:
                complaints.append(str(error))
        elif path.name in OFFICIAL_FOLDERS:
            complaints.append(f"{path / CONFIG} does not exist")
        elif any((path / sign).exists() for sign in _SIGNS):
            passed_over.append(f"{path.name} has no {CONFIG}, which would say what model it is")
    if complaints:
        raise MissingWeights("\n".join([f"MODEL_DIR: {root} can't be used:", *indented(complaints), REMEDY]))
    return Contents(root, models, tuple(passed_over))


def _folder_of(place: Path) -> Path:
    """The folder of the model: downloads of v1 may have it one level deeper (PaddleX, `official_models.py`)."""
    deeper = place / "PaddleOCR-VL-0.9B"
    return deeper if place.name == "PaddleOCR-VL" and deeper.is_dir() else place


def _is_for_another_engine(path: Path) -> bool:
    return any(path.name.removesuffix(end) in OFFICIAL_FOLDERS for end in _OTHER_FORMATS if path.name.endswith(end))


def _add(models: dict[str, Model], path: Path) -> None:
    """Take a folder's model into the account, by its `inference.yml`. Raises MissingWeights."""
    part = read_yaml(path / CONFIG).get("Global")
    name = part.get("model_name") if isinstance(part, dict) else None
    if not isinstance(name, str):
        raise MissingWeights(f"{path / CONFIG} does not say which model it is (Global.model_name)")
    expected = OFFICIAL_FOLDERS.get(path.name, name)
    if expected != name:
        raise MissingWeights(f"{path / CONFIG} says {name}, but a folder of this name holds {expected}")
    if name not in KNOWN:
        return
    if other := models.get(name):
        raise MissingWeights(f"{other.path} and {path} are both {name}: remove one of them")
    models[name] = Model(name, path)


def _lacking(contents: Contents, version: Version, *, with_vlm: bool) -> list[str]:
    """The models that this version still needs."""
    pair = PAIRS[version]
    return [name for name in (pair.layout, *([pair.vlm] if with_vlm else [])) if name not in contents.models]


def _refusal(contents: Contents, version: Literal["auto"] | Version, *, with_vlm: bool) -> str:
    """Which models there are, which belong together, and what to add."""
    found = [f"{model.name} ({model.path.relative_to(contents.root)})" for model in contents.models.values()]
    lines = [f"MODEL_DIR: {contents.root} holds {' and '.join(found) or 'no model of PaddleOCR-VL'}."]
    for name, pair in PAIRS.items():
        if version in ("auto", name):
            belongs = f"{pair.layout} with {pair.vlm}" if with_vlm else pair.layout
            lacking = " and ".join(_lacking(contents, name, with_vlm=with_vlm))
            lines.append(f"  {name} is {belongs}: add {lacking}")
    which = "One of these versions" if version == "auto" else "This version"
    closing = f"{which} must be whole (MODEL_VERSION={version}). {REMEDY}"
    return "\n".join([*lines, *indented(contents.passed_over), closing])
