from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.errors import MissingWeights
from engines.settings import EngineSettings
from engines.weights.check import check_model, check_weights, complaints, notes
from engines.weights.folder import find_weights
from engines.weights.models import Model
from engines.weights.vlm_tensors import expected_tensors
from tests.unit.engines.weights.folders import (
    PARTS,
    VLM_CONFIG,
    as_a_stranger,
    official,
    parameter,
    write_name,
    write_static,
    write_tensors,
    write_vlm,
)

VLM_FILES = (
    "inference.yml",
    "config.json",
    "model.safetensors",
    "preprocessor_config.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "chat_template.jinja",
)
STATIC_FILES = ("inference.yml", "inference.json", "inference.pdiparams")
FILES = [*(("vlm", name) for name in VLM_FILES), *(("static", name) for name in STATIC_FILES)]
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
EXAMPLES = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def vlm(tmp_path: Path) -> Model:
    return Model("PaddleOCR-VL-1.6-0.9B", write_vlm(tmp_path / "vlm"))


@pytest.fixture
def static(tmp_path: Path) -> Model:
    return Model("PP-DocLayoutV3", write_static(tmp_path / "static"))


@pytest.fixture
def models(vlm: Model, static: Model) -> dict[str, Model]:
    return {"vlm": vlm, "static": static}


def only_complaint(model: Model) -> str:
    [complaint] = complaints(model)
    return complaint


def test_whole_models_are_not_complained_about(tmp_path: Path, vlm: Model) -> None:
    for name in PARTS:
        check_model(Model(name, write_static(tmp_path / name, name)))
    check_model(vlm)


@pytest.mark.parametrize(("kind", "file"), FILES)
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda path: path.unlink(), "does not exist"),
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(POINTER), "is a pointer of git-lfs, not the file itself: run `git lfs pull`"),
        (lambda path: (path.unlink(), path.mkdir()), "can't be read: Is a directory"),
        (lambda path: (path.unlink(), path.symlink_to("nowhere")), "does not exist"),
    ],
)
def test_every_needed_file_is_missed(
    models: dict[str, Model], kind: str, file: str, spoil: Callable[[Path], object], says: str
) -> None:
    path = models[kind].path / file
    spoil(path)
    assert f"{path} {says}" in only_complaint(models[kind])


@pytest.mark.parametrize(("kind", "file"), FILES)
def test_a_file_of_another_user(open_folder: Path, kind: str, file: str) -> None:
    write = {"vlm": write_vlm, "static": write_static}[kind]
    name = {"vlm": "PaddleOCR-VL-1.6-0.9B", "static": "PP-DocLayoutV3"}[kind]
    model = Model(name, write(open_folder / "model"))
    (model.path / file).chmod(0)
    with as_a_stranger():
        assert only_complaint(model).startswith(f"{model.path / file} can't be read by this user")


@pytest.mark.parametrize(("kind", "file"), [place for place in FILES if place[1].endswith((".json", ".yml"))])
@pytest.mark.parametrize("content", [b"{", b"[1]", b"\xff\xfe\xfa", b"[" * 100_000, b"{'a': \x00}"])
def test_settings_that_can_not_be_parsed(models: dict[str, Model], kind: str, file: str, content: bytes) -> None:
    (models[kind].path / file).write_bytes(content)
    assert only_complaint(models[kind]).startswith(str(models[kind].path / file))


@EXAMPLES
@given(part=st.floats(0, 1, exclude_max=True))
@pytest.mark.parametrize(
    ("kind", "file"),
    [
        ("vlm", "model.safetensors"),
        ("vlm", "config.json"),
        ("static", "inference.pdiparams"),
        ("static", "inference.json"),
    ],
)
def test_a_file_that_ends_too_early_at_any_byte(models: dict[str, Model], kind: str, file: str, part: float) -> None:
    path = models[kind].path / file
    whole = path.read_bytes()
    path.write_bytes(whole[: int(part * len(whole))])
    try:
        assert only_complaint(models[kind]).startswith(str(path))
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize("file", ["model.safetensors", "inference.pdiparams"])
def test_a_file_that_is_longer_than_it_should_be(models: dict[str, Model], file: str) -> None:
    model = models["vlm" if file.startswith("model") else "static"]
    with (model.path / file).open("ab") as end:
        end.write(b"\0")
    assert str(model.path / file) in only_complaint(model)


def test_a_tokenizer_that_ends_inside_a_piece(vlm: Model) -> None:
    path = vlm.path / "tokenizer.model"
    path.write_bytes(path.read_bytes()[:10])
    assert "is no sentencepiece model, or cut short" in only_complaint(vlm)
    path.write_bytes(b"\x12\x00")
    assert "has no pieces" in only_complaint(vlm)


def test_a_template_that_is_no_text(vlm: Model) -> None:
    (vlm.path / "chat_template.jinja").write_bytes(b"\xff\xff")
    assert "chat_template.jinja is no text" in only_complaint(vlm)


@pytest.mark.parametrize("header", [b"[]", b"{}x", b'{"a": 1}', b'{"a": {"dtype": "F32", "shape": [1]}}', b"\xff" * 8])
def test_a_safetensors_header_that_makes_no_sense(vlm: Model, header: bytes) -> None:
    (vlm.path / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    assert "has a header that can't be read" in only_complaint(vlm)


@pytest.mark.parametrize(
    ("begin", "end", "shape", "dtype"),
    [(0, 8, [1], "F32"), (4, 8, [1], "F32"), (0, 4, [2], "F32"), (0, 4, [1], "F33"), (0, 4, [-1], "F32")],
)
def test_a_tensor_that_does_not_lie_where_its_shape_says(
    vlm: Model, begin: int, end: int, shape: list[int], dtype: str
) -> None:
    header = json.dumps({"a": {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}}).encode()
    (vlm.path / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(end))
    assert "has a header that can't be read" in only_complaint(vlm)


@pytest.mark.parametrize(
    ("size", "value", "tensor"),
    [
        ("vocab_size", 25, "model.embed_tokens.weight is [24, 8] instead of [25, 8]"),
        ("hidden_size", 16, "mlp_AR.linear_2.weight is [8, 8] instead of [16, 8]"),
        ("num_hidden_layers", 3, "9 tensors lacking: model.layers.2.input_layernorm.weight"),
        ("num_hidden_layers", 1, "9 tensors too many: model.layers.1.input_layernorm.weight"),
        ("num_key_value_heads", 2, "model.layers.0.self_attn.k_proj.weight is [4, 8] instead of [8, 8]"),
    ],
)
def test_a_config_of_another_size(vlm: Model, size: str, value: int, tensor: str) -> None:
    (vlm.path / "config.json").write_text(json.dumps({**VLM_CONFIG, size: value}))
    complaint = only_complaint(vlm)
    assert f"{vlm.path / 'model.safetensors'} does not fit config.json" in complaint
    assert tensor in complaint
    assert len(complaint) < 1000


@pytest.mark.parametrize("value", [0, -1, "8", True, None, 10**9])
def test_a_config_without_sense(vlm: Model, value: object) -> None:
    (vlm.path / "config.json").write_text(json.dumps({**VLM_CONFIG, "num_hidden_layers": value}))
    assert f"num_hidden_layers is {value!r}" in only_complaint(vlm)
    (vlm.path / "config.json").write_text(json.dumps({**VLM_CONFIG, "vision_config": value}))
    assert "vision_config" in only_complaint(vlm)


def test_quantised_tensors_are_refused(vlm: Model) -> None:
    write_tensors(vlm.path, expected_tensors(VLM_CONFIG), np.int8)
    assert "holds tensors of I8, which PaddleX can't load" in only_complaint(vlm)


def test_weights_in_several_files_are_refused(vlm: Model) -> None:
    (vlm.path / "model.safetensors.index.json").write_text('{"weight_map": {}}')
    assert "weights in several files can't be loaded" in only_complaint(vlm)


def test_files_that_are_only_usual_are_noted(vlm: Model, static: Model) -> None:
    (vlm.path / "generation_config.json").unlink()
    (vlm.path / "tokenizer.json").write_text("{}")
    assert complaints(vlm) == []
    [note] = notes(vlm)
    assert "has no generation_config.json, processor_config.json, special_tokens_map.json, added_tokens.json:" in note
    assert notes(static) == []
    (vlm.path / "tokenizer.json").write_text("{")
    assert "tokenizer.json is no JSON" in only_complaint(vlm)


def test_made_weights_are_noted(vlm: Model, static: Model) -> None:
    (vlm.path / "config.json").write_text(json.dumps({**VLM_CONFIG, "made_weights": "Random numbers"}))
    write_name(static.path, "PP-DocLayoutV3", made_weights="Random numbers")
    assert f"{vlm.path}: Random numbers" in notes(vlm)
    assert notes(static) == [f"{static.path}: Random numbers"]


def test_a_program_and_parameters_of_different_models(static: Model) -> None:
    parameters = static.path / "inference.pdiparams"
    parameters.write_bytes(parameter((2, 2)) * 4)
    assert f"{parameters} holds 4 tensors, but {static.path / 'inference.json'} names 3" in only_complaint(static)


def test_the_older_format_of_programs(static: Model) -> None:
    (static.path / "inference.json").rename(static.path / "inference.pdmodel")
    assert complaints(static) == []
    (static.path / "inference.pdmodel").write_bytes(b"")
    assert "inference.pdmodel is empty" in only_complaint(static)


def test_a_program_that_describes_parameters_in_another_way(static: Model) -> None:
    (static.path / "inference.json").write_text('{"program": {"regions": []}}')
    assert complaints(static) == []


def test_parameters_with_levels_of_detail(static: Model) -> None:
    path = static.path / "inference.pdiparams"
    path.write_bytes(parameter((2, 2), [b"\0" * 16]) + parameter((1,), [b"\0" * 8, b""]) + parameter(()))
    assert complaints(static) == []


@given(junk=st.binary(min_size=1, max_size=200))
@EXAMPLES
def test_junk_is_complained_about_whatever_it_is(models: dict[str, Model], junk: bytes) -> None:
    for model, file in ((models["vlm"], "model.safetensors"), (models["static"], "inference.pdiparams")):
        (model.path / file).write_bytes(junk)
        assert str(model.path / file) in only_complaint(model)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("PP-DocLayoutV2", "label_list"),
        ("PP-DocLayoutV3", "Preprocess"),
        ("PP-LCNet_x1_0_doc_ori", "PreProcess"),
        ("PP-LCNet_x1_0_doc_ori", "PostProcess"),
    ],
)
def test_an_inference_yml_whose_end_is_cut_off(tmp_path: Path, name: str, key: str) -> None:
    model = Model(name, write_static(tmp_path / name, name))
    write_name(model.path, name, **{part: value for part, value in PARTS[name].items() if part != key})
    assert f"inference.yml is cut short: it has no {key}" in only_complaint(model)


def test_complaints_about_all_models_are_one_message_with_the_remedy(tmp_path: Path) -> None:
    root = official(tmp_path, "PP-DocLayoutV2", "PaddleOCR-VL-0.9B")
    weights = find_weights(EngineSettings(model_dir=root))
    check_weights(weights)
    absent = [root / "PP-DocLayoutV2" / "inference.pdiparams", root / "PaddleOCR-VL" / "tokenizer.model"]
    for path in absent:
        path.unlink()
    with pytest.raises(MissingWeights) as error:
        check_weights(weights)
    lines = str(error.value).splitlines()
    assert lines[1:-1] == [f"  {path} does not exist" for path in absent]
    assert "docs/weights.md" in lines[-1]
