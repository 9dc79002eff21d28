"""The virtual environment `.venv`, with every version pinned by constraints.txt."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict

from scripts.setup.command import run

VENV = Path(".venv")
STAMP = VENV / "setup.json"
"""What the last completed installation was made from."""


class Stamp(TypedDict):
    """The inputs of an installation."""

    python: str
    root: str
    requirements: str
    extras: list[str]


def install(extras: Iterable[str]) -> None:
    """Bring `.venv` to the extras of pyproject.toml; extras that an earlier call added stay.

    Raises:
        SetupError: venv or pip failed.
    """
    old = _read_stamp()
    new = _wanted(extras)
    same_home = old is not None and (old["python"], old["root"]) == (new["python"], new["root"])
    if old is not None and same_home:
        new["extras"] = sorted({*old["extras"], *new["extras"]})
    if new == old:
        return
    STAMP.unlink(missing_ok=True)
    if not same_home:
        run([sys.executable, "-m", "venv", "--clear", VENV])
    print(f"installing Python packages into {VENV} (a few minutes the first time)", flush=True)
    pip("install", "--constraint", "constraints.txt", "--editable", f".[{','.join(new['extras'])}]")
    STAMP.write_text(json.dumps(new, indent=2) + "\n")


def pip(*arguments: str | Path) -> None:
    """Run the pip of `.venv`.

    Raises:
        SetupError: it failed.
    """
    verb, *rest = arguments
    run([VENV / "bin/python", "-m", "pip", verb, "--quiet", "--disable-pip-version-check", *rest])


def _wanted(extras: Iterable[str]) -> Stamp:
    digest = hashlib.sha256()
    for name in ("pyproject.toml", "constraints.txt"):
        digest.update(Path(name).read_bytes())
    return {
        # The interpreter and the folder are written into the environment's scripts: either moved makes it useless.
        "python": f"{sys.version} {sys.base_prefix}",
        "root": str(Path.cwd()),
        "requirements": digest.hexdigest(),
        "extras": sorted(extras),
    }


def _read_stamp() -> Stamp | None:
    if not STAMP.exists():
        return None
    stamp: Stamp = json.loads(STAMP.read_text())
    return stamp
