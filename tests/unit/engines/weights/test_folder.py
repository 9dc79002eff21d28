from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engines.errors import MissingWeights
from engines.settings import EngineSettings
from engines.weights.folder import find_weights
from engines.weights.models import PAIRS, Model, Weights
from tests.unit.engines.weights.folders import as_a_stranger, official, write_name, write_static, write_vlm


def find(folder: Path, **settings: object) -> Weights:
    return find_weights(EngineSettings.model_validate({"model_dir": folder, **settings}))


def refused(folder: Path, **settings: object) -> str:
    with pytest.raises(MissingWeights) as error:
        find(folder, **settings)
    assert "docs/weights.md" in str(error.value)
    return str(error.value)


def test_every_version_is_found_under_the_names_of_the_official_downloads(tmp_path: Path) -> None:
    for version, pair in PAIRS.items():
        root = official(tmp_path / version, pair.layout, pair.vlm)
        vlm = Model(pair.vlm, root / pair.vlm.removesuffix("-0.9B"))
        assert find(root) == Weights(version, Model(pair.layout, root / pair.layout), vlm)


def test_a_folder_above_official_models_will_do(tmp_path: Path) -> None:
    root = official(tmp_path / "official_models", "PP-DocLayoutV2", "PaddleOCR-VL-0.9B")
    assert find(tmp_path) == find(root)


def test_folders_may_have_any_names(tmp_path: Path) -> None:
    write_static(tmp_path / "boxes", "PP-DocLayoutV3")
    write_vlm(tmp_path / "reader", "PaddleOCR-VL-1.5-0.9B")
    write_static(tmp_path / "turn", "PP-LCNet_x1_0_doc_ori")
    write_static(tmp_path / "flatten", "UVDoc")
    weights = find(tmp_path)
    assert weights.version == "v1.5"
    assert [model.path.name for model in weights.models] == ["boxes", "reader", "turn", "flatten"]


def test_v1_may_lie_one_level_deeper(tmp_path: Path) -> None:
    write_static(tmp_path / "PP-DocLayoutV2", "PP-DocLayoutV2")
    deeper = write_vlm(tmp_path / "PaddleOCR-VL" / "PaddleOCR-VL-0.9B", "PaddleOCR-VL-0.9B")
    assert find(tmp_path).vlm == Model("PaddleOCR-VL-0.9B", deeper)


def test_the_newest_version_is_taken_or_the_one_that_is_named(tmp_path: Path) -> None:
    official(tmp_path, *{name for pair in PAIRS.values() for name in (pair.layout, pair.vlm)})
    assert find(tmp_path).version == "v1.6"
    assert [find(tmp_path, model_version=version).version for version in PAIRS] == list(PAIRS)


def test_auto_takes_the_newest_that_is_complete(tmp_path: Path) -> None:
    official(tmp_path, "PP-DocLayoutV2", "PaddleOCR-VL-0.9B", "PaddleOCR-VL-1.6-0.9B")
    assert find(tmp_path).version == "v1"


def test_other_models_and_folders_do_not_matter(weights: Path) -> None:
    expected = find(weights)
    (weights / "fonts").mkdir()
    (weights / "SHA256SUMS").write_text("")
    (weights / "PP-OCRv5_server_det").mkdir()
    write_name(weights / "PP-OCRv5_server_det", "PP-OCRv5_server_det")
    assert find(weights) == expected


def test_a_download_for_another_engine_is_no_second_model(weights: Path) -> None:
    shutil.copytree(weights / "PP-DocLayoutV3", weights / "PP-DocLayoutV3_safetensors")
    assert find(weights).layout.path == weights / "PP-DocLayoutV3"
    shutil.rmtree(weights / "PP-DocLayoutV3")
    said = refused(weights)
    assert "PP-DocLayoutV3_safetensors is for another engine" in said
    assert "v1.6 is PP-DocLayoutV3 with PaddleOCR-VL-1.6-0.9B: add PP-DocLayoutV3\n" in said


def test_a_wrong_pair_is_told_with_what_belongs_together_and_what_to_add(tmp_path: Path) -> None:
    official(tmp_path, "PP-DocLayoutV2", "PaddleOCR-VL-1.6-0.9B")
    said = refused(tmp_path)
    assert f"{tmp_path} holds PP-DocLayoutV2 (PP-DocLayoutV2) and PaddleOCR-VL-1.6-0.9B (PaddleOCR-VL-1.6)." in said
    assert "v1 is PP-DocLayoutV2 with PaddleOCR-VL-0.9B: add PaddleOCR-VL-0.9B\n" in said
    assert "v1.6 is PP-DocLayoutV3 with PaddleOCR-VL-1.6-0.9B: add PP-DocLayoutV3\n" in said


def test_a_named_version_must_be_there(weights: Path) -> None:
    said = refused(weights, model_version="v1.5")
    assert "MODEL_VERSION=v1.5" in said
    assert "add PaddleOCR-VL-1.5-0.9B" in said
    assert "v1.6 is" not in said


def test_a_server_of_crops_needs_the_layout_model_only(tmp_path: Path) -> None:
    official(tmp_path, "PP-DocLayoutV2")
    server = {"vlm_engine": "server", "vlm_url": "http://10.0.0.1/v1"}
    assert find(tmp_path, **server) == Weights("v1", Model("PP-DocLayoutV2", tmp_path / "PP-DocLayoutV2"))
    official(tmp_path, "PP-DocLayoutV3")
    assert find(tmp_path, **server).version == "v1.6"
    assert find(tmp_path, **server, model_version="v1.5").version == "v1.5"
    shutil.rmtree(tmp_path / "PP-DocLayoutV3")
    assert "v1.6 is PP-DocLayoutV3: add PP-DocLayoutV3" in refused(tmp_path, **server, model_version="v1.6")


def test_a_folder_name_that_inference_yml_contradicts(weights: Path) -> None:
    (weights / "PaddleOCR-VL-1.6").rename(weights / "PaddleOCR-VL")
    said = refused(weights)
    config = weights / "PaddleOCR-VL" / "inference.yml"
    assert f"{config} says PaddleOCR-VL-1.6-0.9B, but a folder of this name holds PaddleOCR-VL-0.9B" in said


def test_two_folders_with_the_same_model(weights: Path) -> None:
    shutil.copytree(weights / "PP-DocLayoutV3", weights / "copy")
    assert f"{weights / 'PP-DocLayoutV3'} and {weights / 'copy'} are both PP-DocLayoutV3" in refused(weights)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"Global: [", "is no YAML"),
        (b"\xff\xfe\xfa", "is no YAML"),
        (b"[" * 100_000, "is no YAML"),
        (b"", "is empty"),
        (b"- a list", "holds no settings"),
        (b"Preprocess: []", "does not say which model it is (Global.model_name)"),
        (b"Global:\n  model_name: [1]", "does not say which model it is"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "is a pointer of git-lfs"),
    ],
)
def test_an_inference_yml_that_can_not_be_read(weights: Path, content: bytes, says: str) -> None:
    path = weights / "PaddleOCR-VL-1.6" / "inference.yml"
    path.write_bytes(content)
    said = refused(weights)
    assert f"{path} {says}" in said


def test_an_official_folder_without_inference_yml_is_never_passed_over(tmp_path: Path) -> None:
    official(tmp_path, "PP-DocLayoutV2", "PaddleOCR-VL-0.9B", "PP-DocLayoutV3", "PaddleOCR-VL-1.6-0.9B")
    (tmp_path / "PaddleOCR-VL-1.6" / "inference.yml").unlink()
    assert f"{tmp_path / 'PaddleOCR-VL-1.6' / 'inference.yml'} does not exist" in refused(tmp_path)


def test_a_folder_of_another_name_without_inference_yml_is_told(weights: Path) -> None:
    (weights / "PaddleOCR-VL-1.6").rename(weights / "reader")
    (weights / "reader" / "inference.yml").unlink()
    assert "reader has no inference.yml" in refused(weights)


def test_nothing_is_where_model_dir_points(tmp_path: Path, weights: Path) -> None:
    assert f"{tmp_path / 'nowhere'} is no folder" in refused(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert f"{tmp_path / 'empty'} holds no model of PaddleOCR-VL." in refused(tmp_path / "empty")
    assert "is no folder" in refused(weights / "PP-DocLayoutV3" / "inference.yml")
    with pytest.raises(MissingWeights, match="is the folder of one model: name the folder above it"):
        find(weights / "PP-DocLayoutV3")


def test_every_complaint_is_told_at_once(weights: Path) -> None:
    (weights / "PP-DocLayoutV3" / "inference.yml").write_text("")
    (weights / "PaddleOCR-VL-1.6" / "inference.yml").write_text("- 1")
    said = refused(weights)
    assert "is empty" in said
    assert "holds no settings" in said


@pytest.mark.parametrize("locked", ["", "PP-DocLayoutV3", "PP-DocLayoutV3/inference.yml"])
def test_a_place_that_this_user_can_not_read(open_folder: Path, locked: str) -> None:
    official(open_folder, "PP-DocLayoutV3", "PaddleOCR-VL-1.6-0.9B")
    (open_folder / locked).chmod(0)
    with as_a_stranger():
        said = refused(open_folder)
    assert "can't be read" in said
    assert str(open_folder / locked) in said
    (open_folder / locked).chmod(0o755)


def test_model_dir_must_be_set() -> None:
    with pytest.raises(MissingWeights, match="MODEL_DIR is not set"):
        find_weights(EngineSettings())
