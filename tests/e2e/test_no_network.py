"""No network at run time: with nothing but loopback the product starts and reads, and asks for no host of its own."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from engines.weights.folder import REMEDY
from scripts.made_weights.pages import png
from scripts.made_weights.standard_pages import standard_page
from supervisor.free_ports import settings_on_free_ports
from tests.e2e.alone import Ended, run_alone

SEARCH = "No available model hosting platforms detected"
"""What PaddleX says after it has looked for a model on the internet."""
MISSING = ["PP-DocLayoutV3/inference.pdiparams", "PaddleOCR-VL-1.6/tokenizer.model", "UVDoc/inference.json"]


def read_alone(document: Path | str, folder: Path, **environment: str) -> tuple[Ended, dict[str, Any]]:
    ended = run_alone(folder, sys.executable, "-m", "tests.e2e.read_one", document, folder, **environment)
    assert ended.status == 0, ended.output
    return ended, json.loads((folder / "answer.json").read_text(encoding="utf-8"))


def paddle(weights: Path) -> dict[str, str]:
    return {"ENGINE": "paddle", "MODEL_DIR": str(weights), "DEVICE": "cpu"}


@pytest.fixture(params=MISSING)
def missing(request: pytest.FixtureRequest, made_weights: Path, tmp_path: Path) -> Path:
    """The path of a file that has gone from a copy of the made weights."""
    weights = copytree(made_weights, tmp_path / "weights")
    file = weights / str(request.param)
    file.unlink()
    return file


def test_the_product_works_alone_and_calls_nobody(tmp_path):
    ended, told = read_alone("samples/sample.pdf", tmp_path, ENGINE="lite")
    assert told["status"] == 200
    assert len(told["answer"]["markdown"]) > 500
    assert 400 <= told["url_status"] < 500
    assert ended.asked == []


def test_the_offline_weights_are_served_alone_and_call_nobody(made_weights, tmp_path):
    page = tmp_path / "page.png"
    page.write_bytes(png(standard_page("small")))
    ended, told = read_alone(page, tmp_path, **paddle(made_weights))
    assert told["status"] == 200
    assert (told["answer"]["engine"], told["answer"]["model"]) == ("paddle", "PaddleOCR-VL-1.6-0.9B")
    assert [block["label"] for block in told["answer"]["pages"][0]["blocks"]] == ["paragraph_title", "text"]
    assert ended.asked == []
    assert SEARCH not in ended.output + triton_log(tmp_path)


def test_a_missing_file_stops_the_start_and_nothing_is_looked_for(missing, tmp_path):
    ports = settings_on_free_ports(tmp_path / "run").model_dump(include={"gateway_port", "triton_http_port", "run_dir"})
    environment = {name.upper(): str(value) for name, value in ports.items()}
    ended = run_alone(tmp_path, sys.executable, "-m", "supervisor", **environment, **paddle(missing.parents[1]))
    assert ended.status != 0
    assert_refused(ended.output, missing)
    assert ended.asked == []
    assert not (tmp_path / "run" / "triton.log").exists()


def test_the_models_refuse_a_missing_file_themselves(missing, tmp_path):
    ended, told = read_alone("samples/page.png", tmp_path, **paddle(missing.parents[1]))
    assert_refused(told["failure"], missing)
    assert SEARCH not in ended.output + triton_log(tmp_path)
    assert ended.asked == []


def test_paddlex_alone_would_look_for_a_missing_model_and_be_heard(tmp_path):
    """What the other tests rule out does happen, and would be noticed."""
    program = "from paddlex import create_predictor; create_predictor('PP-DocLayoutV3')"
    # Other tests of this process may have forbidden the search by engines.page.offline.
    allow = ["env", "-u", "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "-u", "DISABLE_MODEL_SOURCE_CHECK"]
    cache = str(tmp_path / "cache")
    ended = run_alone(tmp_path, *allow, sys.executable, "-c", program, PADDLE_PDX_CACHE_HOME=cache)
    assert ended.status != 0
    assert SEARCH in ended.output
    assert len(set(ended.asked)) >= 4


def assert_refused(message: str, missing: Path) -> None:
    assert str(missing) in message
    assert REMEDY in message
    assert SEARCH not in message


def triton_log(folder: Path) -> str:
    return (folder / "run" / "triton.log").read_text(encoding="utf-8", errors="replace")
