"""Running a command of the set-up."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from scripts.setup.errors import SetupError


def run(command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> None:
    """Run `command` with its output on ours.

    Raises:
        SetupError: it failed; what it printed above is the reason.
    """
    words = [str(word) for word in command]
    if code := subprocess.run(words, env=env, check=False).returncode:
        raise SetupError(f"this command failed (exit {code}), its reason stands above:\n  {shlex.join(words)}")
