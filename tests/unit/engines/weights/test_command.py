"""`python -m engines.weights` as a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.unit.engines.weights.folders import VLM_CONFIG, official


def run(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "engines.weights", *map(str, arguments)],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1)
    assert bool(done.stderr) == bool(done.returncode)
    return done


def test_check_tells_what_is_there_and_that_it_is_whole(weights: Path) -> None:
    official(weights, "PaddleOCR-VL-1.5-0.9B", "UVDoc")
    done = run("check", weights)
    assert done.returncode == 0
    rows = [line.split() for line in done.stdout.splitlines()]
    assert rows[0] == ["model", "folder", "MB", "parameters", "served"]
    assert ["PP-DocLayoutV3", "PP-DocLayoutV3", "0.0", "yes"] in rows
    assert ["PaddleOCR-VL-1.6-0.9B", "PaddleOCR-VL-1.6", "0.1", "0.1", "M", "F16", "yes"] in rows
    assert ["PaddleOCR-VL-1.5-0.9B", "PaddleOCR-VL-1.5", "0.1", "0.1", "M", "F16", "no"] in rows
    assert ["UVDoc", "UVDoc", "0.0", "yes"] in rows
    assert "version v1.6 (MODEL_VERSION=auto)" in done.stdout
    assert done.stdout.endswith("\nok\n")


def test_check_looks_with_the_variables_of_a_start(weights: Path) -> None:
    official(weights, "PaddleOCR-VL-1.5-0.9B")
    assert "version v1.5 " in run("check", weights, MODEL_VERSION="v1.5").stdout
    assert "v1 is PP-DocLayoutV2" in run("check", weights, MODEL_VERSION="v1").stderr
    assert run("check", weights, MODEL_VERSION="v7").stderr.startswith("MODEL_VERSION: ")
    shutil.rmtree(weights / "PaddleOCR-VL-1.6")
    shutil.rmtree(weights / "PaddleOCR-VL-1.5")
    assert run("check", weights).returncode == 1
    assert run("check", weights, VLM_ENGINE="server", VLM_URL="http://10.0.0.1/v1").returncode == 0
    assert run("check", weights, VLM_ENGINE="server").stderr.startswith("VLM_ENGINE=server needs VLM_URL")


def test_check_tells_every_complaint(weights: Path) -> None:
    (weights / "PaddleOCR-VL-1.6" / "config.json").write_text("{")
    (weights / "PP-DocLayoutV3" / "inference.json").unlink()
    done = run("check", weights)
    assert done.returncode == 1
    assert "config.json is no JSON" in done.stderr
    assert "inference.json does not exist" in done.stderr
    assert "ok" not in done.stdout


def test_a_broken_model_that_is_not_served_does_not_matter(weights: Path) -> None:
    official(weights, "PaddleOCR-VL-1.5-0.9B")
    (weights / "PaddleOCR-VL-1.5" / "model.safetensors").write_bytes(b"none")
    done = run("check", weights)
    assert done.returncode == 0
    assert "PaddleOCR-VL-1.5  0.0  ?" in done.stdout
    assert "model.safetensors" in run("manifest", weights).stderr


def test_made_weights_are_told(weights: Path) -> None:
    config = weights / "PaddleOCR-VL-1.6" / "config.json"
    config.write_text(json.dumps({**VLM_CONFIG, "made_weights": "Random numbers."}))
    assert f"note: {config.parent}: Random numbers.\n" in run("check", weights).stdout


def test_manifest_and_sums(weights: Path) -> None:
    assert "SHA256SUMS does not exist" in run("check", weights, "--sums").stderr
    assert run("manifest", weights).stdout == f"{weights / 'SHA256SUMS'} written\n"
    assert f"11 files are those of {weights / 'SHA256SUMS'}\n" in run("check", weights, "--sums").stdout
    (weights / "PaddleOCR-VL-1.6" / "chat_template.jinja").write_text("another")
    assert run("check", weights).returncode == 0
    assert "chat_template.jinja is not the file" in run("check", weights, "--sums").stderr


def test_no_such_folder(tmp_path: Path) -> None:
    for command in ("check", "manifest"):
        assert "is no folder" in run(command, tmp_path / "nowhere").stderr
