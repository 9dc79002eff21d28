"""The RayJob and the image: what can be said of them without a cluster."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from archive.arguments import parse
from tests.conftest import ROOT

FOLDER = ROOT / "deploy/archive"


@pytest.fixture(scope="module")
def job() -> Any:
    return yaml.safe_load((FOLDER / "rayjob.yaml").read_text())


def test_the_command_is_understood(job: Any) -> None:
    program, command, *argv = shlex.split(job["spec"]["entrypoint"])
    assert (program, command) == ("ocr", "archive")
    arguments = parse(argv)
    assert arguments.output.startswith("s3://")
    assert arguments.ray == "auto"
    assert len(arguments.servers) == 2
    assert arguments.failures_ok, "documents that can't be read would begin the job again"


def test_its_pods_are_valid(job: Any, tmp_path: Path) -> None:
    cluster = job["spec"]["rayClusterSpec"]
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    assert len(groups) == 2
    for group in groups:
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "node"}, "spec": group["template"]["spec"]}
        file = tmp_path / "pod.yaml"
        file.write_text(yaml.safe_dump(pod))
        done = subprocess.run(
            [Path(sys.executable).parent / "kubernetes-validate", "--strict", file], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_head_does_no_work(job: Any) -> None:
    assert job["spec"]["rayClusterSpec"]["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"


def test_the_versions_of_ray_are_those_that_are_installed(job: Any) -> None:
    found = re.search(r"^ray==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert found is not None
    assert job["spec"]["rayClusterSpec"]["rayVersion"] == found[1]
    assert f"rayproject/ray:{found[1]}-py" in (FOLDER / "Dockerfile").read_text()


def test_the_image_has_every_package_that_the_command_imports() -> None:
    copied = set(re.findall(r"^COPY --chown=ray (\w+) ", (FOLDER / "Dockerfile").read_text(), re.MULTILINE))
    ours = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    sources = [path.read_text() for name in ("archive", "cli", "ocr_client") for path in (ROOT / name).glob("*.py")]
    imported = {name for text in sources for name in re.findall(r"^\s*(?:from|import) (\w+)", text, re.MULTILINE)}
    assert imported & ours == copied
