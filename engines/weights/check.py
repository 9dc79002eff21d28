"""Whether the models of MODEL_DIR are whole: every file that PaddleX reads, without reading the tensors themselves.

It takes a tenth of a second, so every process looks at its own model before it loads it. What only the numbers could
tell is the manifest's to find (`engines.weights.manifest`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from engines.errors import MissingWeights
from engines.weights.folder import CONFIG, REMEDY, indented
from engines.weights.models import LAYOUTS, ORIENTATION, VLMS, Model, Weights
from engines.weights.pdiparams import count_parameters, count_tensors
from engines.weights.protobuf import fields
from engines.weights.reading import opened, read_json, read_yaml
from engines.weights.safetensors_header import Tensor, read_header
from engines.weights.vlm_tensors import expected_tensors

TENSORS = "model.safetensors"
_INDEX = "model.safetensors.index.json"
_NEEDED_JSON = ("preprocessor_config.json", "tokenizer_config.json")
_USUAL_VLM = (
    "generation_config.json",
    "processor_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "tokenizer.json",
)
"""In every official folder, and not needed: PaddleX takes defaults or does not read them."""
_DTYPES = {"F32", "F16", "BF16"}
_SHOWN = 3
"""Examples of many."""


def check_model(model: Model) -> None:
    """Raise MissingWeights, with every complaint and the remedy, unless the model is whole."""
    refuse(complaints(model))


def check_weights(weights: Weights) -> None:
    """Raise MissingWeights, with the complaints about all models, unless each is whole."""
    refuse([complaint for model in weights.models for complaint in complaints(model)])


def complaints(model: Model) -> list[str]:
    """What is wrong with a model's files, each with its path; empty where nothing is."""
    steps = _vlm_steps(model.path) if model.name in VLMS else _static_steps(model)
    found = []
    for step in steps:
        try:
            step()
        except MissingWeights as error:
            found.append(str(error))
    return list(dict.fromkeys(found))


def notes(model: Model) -> list[str]:
    """What is unusual about a whole model and does not keep it from working. Raises MissingWeights."""
    found = []
    if made := _made(model):
        found.append(f"{model.path}: {made}")
    absent = [name for name in _USUAL_VLM if model.name in VLMS and not (model.path / name).exists()]
    if absent:
        found.append(f"{model.path} has no {', '.join(absent)}: not needed, but official folders have them")
    return found


def tensors_of(model: Model) -> Mapping[str, Tensor]:
    """The tensors of a VLM by name. Raises MissingWeights."""
    return read_header(model.path / TENSORS)


def refuse(found: list[str]) -> None:
    """Raise MissingWeights with these complaints and the remedy, if there are any."""
    if found:
        raise MissingWeights("\n".join(["The weights are not whole:", *indented(found), REMEDY]))


def _made(model: Model) -> str | None:
    """What a made model says of itself (`scripts.made_weights`)."""
    vlm = model.name in VLMS
    said = (read_json(model.path / "config.json") if vlm else read_yaml(model.path / CONFIG)).get("made_weights")
    return said if isinstance(said, str) else None


def _vlm_steps(folder: Path) -> Iterator[Callable[[], object]]:
    yield partial(read_yaml, folder / CONFIG)
    for name in _NEEDED_JSON:
        yield partial(read_json, folder / name)
    for name in _USUAL_VLM:
        if (folder / name).exists():
            yield partial(read_json, folder / name)
    yield partial(_check_text, folder / "chat_template.jinja")
    yield partial(_check_tokenizer, folder / "tokenizer.model")
    yield partial(_check_tensors, folder)


def _static_steps(model: Model) -> Iterator[Callable[[], object]]:
    yield partial(_check_config, model)
    yield partial(_check_parameters, model.path)


def _check_config(model: Model) -> None:
    """What PaddleX reads from a static model's `inference.yml`, of which a cut-off end leaves good YAML."""
    needed: tuple[str, ...] = ()
    if model.name in LAYOUTS:
        needed = ("Preprocess", "label_list")
    elif model.name == ORIENTATION:
        needed = ("PreProcess", "PostProcess")
    config = read_yaml(model.path / CONFIG)
    if absent := [key for key in needed if not config.get(key)]:
        raise MissingWeights(f"{model.path / CONFIG} is cut short: it has no {' and no '.join(absent)}")


def _check_parameters(folder: Path) -> None:
    """The program and its parameters, which Paddle loads only if they are as many as the program names."""
    program = folder / "inference.json"
    if not program.exists() and (folder / "inference.pdmodel").exists():
        with opened(folder / "inference.pdmodel"):
            named = None
    else:
        named = count_parameters(program)
    parameters = folder / "inference.pdiparams"
    count = count_tensors(parameters)
    if named not in (None, count):
        raise MissingWeights(f"{parameters} holds {count} tensors, but {program} names {named}: not of one model")


def _check_text(path: Path) -> None:
    with opened(path) as (file, _):
        try:
            file.read().decode()
        except UnicodeDecodeError as error:
            raise MissingWeights(f"{path} is no text: {error}") from None


def _check_tokenizer(path: Path) -> None:
    """A sentencepiece model: a protobuf whose field 1 is the pieces. Source: `sentencepiece_model.proto`."""
    with opened(path) as (file, _):
        content = file.read()
    try:
        pieces = sum(number == 1 for number, _ in fields(content))
    except ValueError as error:
        raise MissingWeights(f"{path} is no sentencepiece model, or cut short: {error}") from None
    if not pieces:
        raise MissingWeights(f"{path} is no sentencepiece model: it has no pieces")


def _check_tensors(folder: Path) -> None:
    path, index, config = folder / TENSORS, folder / _INDEX, folder / "config.json"
    if index.exists():
        raise MissingWeights(f"{index}: weights in several files can't be loaded by PaddleX; take the official folder")
    sizes = read_json(config)
    actual = read_header(path)
    try:
        expected = expected_tensors(sizes)
    except ValueError as error:
        raise MissingWeights(f"{config} is no PaddleOCR-VL's: {error}") from None
    if strange := {tensor.dtype for tensor in actual.values()} - _DTYPES:
        raise MissingWeights(f"{path} holds tensors of {', '.join(sorted(strange))}, which PaddleX can't load")
    if differences := _differences(actual, expected):
        raise MissingWeights(f"{path} does not fit {config.name}: {'; '.join(differences)}")


def _differences(actual: Mapping[str, Tensor], expected: Mapping[str, tuple[int, ...]]) -> list[str]:
    lacking = [name for name in expected if name not in actual]
    extra = [name for name in actual if name not in expected]
    other = [
        f"{name} is {list(actual[name].shape)} instead of {list(shape)}"
        for name, shape in expected.items()
        if name in actual and actual[name].shape != shape
    ]
    kinds = (("lacking", lacking), ("too many", extra), ("of another shape", other))
    return [
        f"{len(names)} tensors {kind}: {', '.join(names[:_SHOWN])}{', …' if len(names) > _SHOWN else ''}"
        for kind, names in kinds
        if names
    ]
