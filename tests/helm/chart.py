"""The chart, rendered by Helm."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import yaml

from scripts.chart_readme import CHART
from scripts.setup.helm import PROGRAM
from tests.conftest import ROOT

HELM = ROOT / PROGRAM

Manifest = dict[str, Any]


class Refused(Exception):
    """Helm did not render the chart; the message is what it said."""


def helm(*arguments: str | Path) -> str:
    assert HELM.exists(), f"{HELM} is missing: run `make setup-test`"
    done = subprocess.run([HELM, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(done.stderr)
    return done.stdout


def render(folder: Path, values: Manifest) -> str:
    """All manifests of the release `ocr` in the namespace `docs`."""
    file = folder / "values.yaml"
    file.write_text(yaml.safe_dump(values))
    return helm("template", "ocr", CHART, "--namespace", "docs", "--values", file)


def manifests(text: str) -> dict[tuple[str, str], Manifest]:
    """The manifests by kind and by what follows the release's name."""
    documents = [document for document in yaml.safe_load_all(text) if document]
    return {
        (document["kind"], document["metadata"]["name"].removeprefix("ocr-paddleocr-vl").removeprefix("-")): document
        for document in documents
    }


def pod(rendered: dict[tuple[str, str], Manifest], part: str) -> Manifest:
    """What the pods of a deployment are made from."""
    spec: Manifest = rendered["Deployment", part]["spec"]["template"]["spec"]
    return spec


def environment(rendered: dict[tuple[str, str], Manifest], part: str) -> dict[str, Any]:
    """The variables of a deployment's container; where one comes from a secret, from which."""
    (container,) = pod(rendered, part)["containers"]
    return {
        variable["name"]: variable.get("value", variable.get("valueFrom", {}).get("secretKeyRef"))
        for variable in container["env"]
    }
