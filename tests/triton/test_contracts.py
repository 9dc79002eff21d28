"""What docs/triton.md promises is what a running Triton says of its models."""

from __future__ import annotations

import re
from pathlib import Path

import httpx2 as httpx
import numpy as np
import pytest

DOCUMENT = Path("docs/triton.md").read_text(encoding="utf-8")
_TENSOR = re.compile(r"`(?P<name>[A-Z_]+)` (?P<type>[A-Z0-9]+) \[(?P<dims>[-\d, ]+)\](?P<optional>, optional)?")
_ROW = re.compile(r"^\| `(?P<model>\w+)` \| (?P<input>.+?) \| (?P<output>.+?) \| (?P<batch>\d+) \|$", re.MULTILINE)


def promised(cell: str) -> dict[str, tuple[str, list[int], bool]]:
    return {
        found["name"]: (
            f"TYPE_{found['type']}",
            [int(dim) for dim in found["dims"].split(",")],
            bool(found["optional"]),
        )
        for found in _TENSOR.finditer(cell)
    }


def served(tensors: list[dict]) -> dict[str, tuple[str, list[int], bool]]:
    return {
        tensor["name"]: (tensor["data_type"], [int(dim) for dim in tensor["dims"]], tensor.get("optional", False))
        for tensor in tensors
    }


ROWS = {row["model"]: row for row in _ROW.finditer(DOCUMENT)}


def test_every_model_is_documented():
    assert ROWS.keys() == {path.parent.name for path in Path("model_repository").glob("*/config.pbtxt")}


@pytest.mark.parametrize("model", ROWS)
def test_the_documented_contract_is_served(stack, model):
    config = httpx.get(f"{stack.triton_url}/v2/models/{model}/config").raise_for_status().json()
    assert served(config["input"]) == promised(ROWS[model]["input"])
    assert served(config["output"]) == promised(ROWS[model]["output"])
    assert config["max_batch_size"] == int(ROWS[model]["batch"])


@pytest.mark.parametrize("model", ["preprocess", "layout", "vlm"])
def test_images_of_a_batch_may_differ_in_size(stack, model):
    config = httpx.get(f"{stack.triton_url}/v2/models/{model}/config").raise_for_status().json()
    [image] = [tensor for tensor in config["input"] if tensor["name"] == "IMAGE"]
    assert image["allow_ragged_batch"] is True
    assert "dynamic_batching" in config


def test_documented_metrics_are_served(stack, models, page_image):
    models.ocr(page_image)
    models.ask("preprocess", IMAGE=np.zeros((1, 8, 8, 3), np.uint8))
    scraped = httpx.get(stack.metrics_url).raise_for_status().text
    section = DOCUMENT.split("## Metrics")[1].split("\n## ")[0]
    names = set(re.findall(r"`((?:ocr|preprocess|layout|vlm)_\w+)", section))
    assert len(names) >= 10
    counted_by_need = {"ocr_warnings_total"}
    assert {name for name in names - counted_by_need if f"\n{name}" not in scraped} == set()
