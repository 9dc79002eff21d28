"""The clients of other OCR servers in `.clients`, for tests/clients: each from its package, in its own environment.

uv makes the environments: what several of them need is downloaded, and lies on the disk, once.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from scripts.setup.command import run
from scripts.setup.venv import VENV

FOLDER = Path(".clients")
ENVIRONMENTS = Path("tests/clients/environments")
"""`NAME.in` names the client, `NAME.txt` every version that it is installed with (scripts/pin.sh)."""


def install() -> None:
    """Bring every environment to what its list says.

    Raises:
        SetupError: uv failed.
    """
    for pinned in sorted(ENVIRONMENTS.glob("*.txt")):
        _install(FOLDER / pinned.stem, pinned)


def _install(environment: Path, pinned: Path) -> None:
    stamp = environment / "setup.txt"
    # The interpreter and the folder are written into the environment's scripts.
    wanted = f"{sys.version} {sys.base_prefix}\n{Path.cwd()}\n{hashlib.sha256(pinned.read_bytes()).hexdigest()}\n"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"installing a client for the tests into {environment}", flush=True)
    # On the same file system, so that environments share files by links.
    uv = {**os.environ, "UV_CACHE_DIR": str(FOLDER / "cache"), "UV_NO_PROGRESS": "1"}
    run([VENV / "bin/uv", "venv", "--quiet", "--clear", "--python", sys.executable, environment], env=uv)
    python = environment / "bin/python"
    run([VENV / "bin/uv", "pip", "install", "--quiet", "--python", python, "--requirement", pinned], env=uv)
    stamp.write_text(wanted)
