"""What a made folder holds, and that it can be made again."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from safetensors import safe_open

from engines.settings import EngineSettings
from engines.weights.folder import find_weights
from engines.weights.models import PAIRS, Version
from scripts.made_weights import make_weights
from scripts.made_weights.notice import NOTICE, NOTICE_FILE, NOTICE_KEY
from scripts.made_weights.vlm.safetensors import to_bfloat16
from scripts.made_weights.vlm.shape import SHAPES
from scripts.made_weights.vlm.tensors import Manners, Tensor, numbers, tensors

VLM_FILES = {
    "added_tokens.json",
    "chat_template.jinja",
    "config.json",
    "generation_config.json",
    "inference.yml",
    "model.safetensors",
    "preprocessor_config.json",
    "processor_config.json",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
}
STATIC_FILES = {"config.json", "inference.json", "inference.pdiparams", "inference.yml"}


@pytest.mark.parametrize("version", PAIRS)
def test_each_version_is_what_the_server_looks_for(tmp_path: Path, version: Version) -> None:
    make_weights(tmp_path, version)
    found = find_weights(EngineSettings(engine="paddle", model_dir=tmp_path))
    assert found.version == version
    assert found.layout.name == PAIRS[version].layout
    assert found.vlm is not None
    assert {path.name for path in found.layout.path.iterdir()} == {*STATIC_FILES, NOTICE_FILE}
    assert {path.name for path in found.vlm.path.iterdir()} == {*VLM_FILES, NOTICE_FILE}
    assert found.orientation is None
    assert found.unwarping is None


def test_with_preprocessing_both_optional_models_are_there(made_weights: Path) -> None:
    found = find_weights(EngineSettings(engine="paddle", model_dir=made_weights))
    assert found.orientation is not None
    assert found.unwarping is not None
    assert {path.name for path in made_weights.iterdir() if path.is_dir()} == {
        "PP-DocLayoutV3",
        "PaddleOCR-VL-1.6",
        "PP-LCNet_x1_0_doc_ori",
        "UVDoc",
    }


def test_every_folder_says_that_its_numbers_are_random(made_weights: Path) -> None:
    folders = [made_weights, *(path.parent for path in made_weights.glob("*/inference.yml"))]
    assert len(folders) == 5
    for folder in folders:
        assert "read nothing" in (folder / NOTICE_FILE).read_text(encoding="utf-8")
    for folder in folders[1:]:
        assert json.loads((folder / "config.json").read_text(encoding="utf-8"))[NOTICE_KEY] == NOTICE
        text = (folder / "inference.yml").read_text(encoding="utf-8")
        assert text.startswith(f"# {NOTICE}")
        assert yaml.safe_load(text)["Global"]["model_name"]


def test_the_command_makes_the_same_bytes_again(tmp_path: Path, made_weights: Path) -> None:
    command = [sys.executable, "-m", "scripts.made_weights", str(tmp_path / "again"), "--with-preprocessing"]
    subprocess.run(command, check=True, capture_output=True)

    def sums(folder: Path) -> dict[str, str]:
        return {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.rglob("*")
            if path.is_file()
        }

    assert sums(tmp_path / "again") == sums(made_weights)


def test_the_file_of_tensors_is_read_by_safetensors(made_weights: Path) -> None:
    shape = SHAPES["tiny"]
    with safe_open(made_weights / "PaddleOCR-VL-1.6" / "model.safetensors", "np") as file:
        assert {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()} == {  # noqa: SIM118
            tensor.name: tensor.shape for tensor in tensors(shape)
        }
        first = tensors(shape)[0]
        expected = np.concatenate(list(numbers(first, shape, 0, Manners()))).reshape(first.shape)
        assert np.array_equal(file.get_tensor(first.name), expected)


def test_the_full_shape_has_as_many_numbers_as_the_released_model() -> None:
    count = sum(int(np.prod(tensor.shape)) for tensor in tensors(SHAPES["full"]))
    assert round(count / 1e6, 1) == 958.6


def test_a_large_tensor_comes_in_pieces() -> None:
    shape = SHAPES["full"]
    embedding = Tensor("model.embed_tokens.weight", (shape.vocabulary, shape.text.hidden), "table")
    pieces = numbers(embedding, shape, 0, Manners())
    first, second = next(pieces), next(pieces)
    assert first.nbytes <= 1 << 25
    assert first.size % shape.text.hidden == 0
    assert not np.array_equal(first[:100], second[:100])


def test_bfloat16_is_the_nearest_with_ties_to_even() -> None:
    step = np.float32(2.0**-7)
    values = np.array([1, 1 + step / 2, 1 + 3 * step / 2, -1 - step, 1 + step / 2 + 2.0**-20], np.float32)
    back = (to_bfloat16(values).astype(np.uint32) << 16).view(np.float32)
    assert back.tolist() == [1, 1, 1 + 2 * step, -1 - step, 1 + step]
