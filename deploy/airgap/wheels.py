"""Fills a folder with the wheels that the command `ocr` needs, for every Python that it runs on.

    python wheels.py client.txt /wheels

pip looks at markers (`python_full_version < '3.11'`) with the eyes of its own Python, whatever it downloads for: they
are looked at here.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement

PYTHONS = ("3.10", "3.11", "3.12")
PLATFORM = "manylinux2014_x86_64"


def pins(requirements: Path, python: str) -> Iterator[str]:
    """What `requirements` names for one Python."""
    environment = {"python_version": python, "python_full_version": f"{python}.0"}
    for line in requirements.read_text().splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate(environment):
                yield f"{requirement.name}{requirement.specifier}"


def main(requirements: str, folder: str) -> None:
    """Download them all. Raises CalledProcessError."""
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", f"--dest={folder}")
    for python in PYTHONS:
        wanted = (f"--python-version={python}", f"--platform={PLATFORM}", *pins(Path(requirements), python))
        subprocess.run([*pip, *wanted], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
