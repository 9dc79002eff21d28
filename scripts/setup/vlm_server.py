"""A real OpenAI-compatible server of PaddleOCR-VL in `.vlm-server`, for tests/vlm_server: `transformers serve`.

It has an environment of its own: torch and a newer numpy than Triton's python stub can bear.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from scripts.setup.command import run

VENV = Path(".vlm-server")
PROGRAM = VENV / "bin/transformers"
STAMP = VENV / "setup.txt"
"""What the last completed installation was made from."""
REQUIREMENTS = Path("tests/vlm_server/requirements.txt")
CONSTRAINTS = Path("tests/vlm_server/constraints.txt")


def install() -> None:
    """Install it, unless it is there as the requirements want it.

    Raises:
        SetupError: venv or pip failed.
    """
    wanted = _wanted()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    run([sys.executable, "-m", "venv", "--clear", VENV])
    print(f"installing a VLM server for the tests into {VENV} (half a minute to minutes)", flush=True)
    pip = (VENV / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run([*pip, "--requirement", REQUIREMENTS, "--constraint", CONSTRAINTS])
    STAMP.write_text(wanted)


def _wanted() -> str:
    digest = hashlib.sha256(REQUIREMENTS.read_bytes() + CONSTRAINTS.read_bytes()).hexdigest()
    # The interpreter and the folder are written into the environment's scripts.
    return f"{sys.version} {sys.base_prefix}\n{Path.cwd()}\n{digest}\n"
