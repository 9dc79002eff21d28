"""What builds and tests the page at /ui, in `ui/node_modules`. Whoever only runs the server needs none of it."""

from __future__ import annotations

import os
from pathlib import Path

from scripts.setup.command import run
from scripts.setup.venv import VENV

UI = Path("ui")
STAMP = UI / "node_modules/.made-from"
"""The package.json of the last completed installation."""


def install() -> None:
    """Install what ui/package.json names, by the npm of `.venv`, unless it is there.

    Raises:
        SetupError: npm failed.
    """
    wanted = (UI / "package.json").read_text()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    print(f"installing what builds and tests the page at /ui into {UI / 'node_modules'}", flush=True)
    # npm itself looks for node on the path.
    path = f"{(VENV / 'bin').absolute()}{os.pathsep}{os.environ.get('PATH', '')}"
    run([VENV / "bin/npm", "install", "--prefix", UI, "--loglevel", "error"], env={**os.environ, "PATH": path})
    STAMP.write_text(wanted)
