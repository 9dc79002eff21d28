"""A reader who runs the commands of a page, one after the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.docs.pages import COMMANDS, Block

_OWN = {".git", ".venv", "out", "output", "jobs", "scans", "official_models"}
"""What a reader's folder does not share with this one."""


class Reader:
    """Runs blocks in `folder`, which becomes a copy of the repository, with `addresses` in place of those they name."""

    def __init__(self, folder: Path, addresses: Mapping[str, str]) -> None:
        for entry in ROOT.iterdir():
            if entry.name not in _OWN:
                (folder / entry.name).symlink_to(entry)
        (folder / ".venv").symlink_to(sys.prefix)
        self.folder = folder
        self._addresses = addresses

    def run(self, block: Block) -> str:
        """What the block writes to standard output. Raises AssertionError with what it said when it fails."""
        code = block.text
        for written, actual in self._addresses.items():
            code = code.replace(written, actual)
        command = ["bash", "-euo", "pipefail", "-c", code] if block.language == "bash" else [sys.executable, "-c", code]
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "OCR_SERVER": self._addresses["http://127.0.0.1:8081"]}
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, timeout=120, check=False, text=True,
            errors="replace",
        )  # fmt: skip
        assert done.returncode == 0, f"{block.text}\n{done.stderr}"
        assert done.stdout or done.stderr, f"{block.text}\nsaid nothing"
        return done.stdout


def follow(reader: Reader, page: list[Block]) -> int:
    """Run the commands of a page; how many there were. JSON that stands behind a block is what it answers.

    Raises AssertionError where a command fails, or answers something else.
    """
    run = 0
    for block, behind in zip(page, [*page[1:], None], strict=True):
        if block.language not in COMMANDS or block.why:
            continue
        run += 1
        said = reader.run(block)
        told = json.loads(behind.text) if behind is not None and behind.language == "json" else {}
        if told.get("error"):
            assert json.loads(said)["error"]["code"] == told["error"]["code"], f"{block.text}\n{said}"
        else:
            assert '"error":{' not in said.replace(" ", ""), f"{block.text}\n{said}"
        if told and (answered := _json(said)) is not None:
            _resembles(told, answered, block.text)
    return run


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _resembles(told: Any, answered: Any, where: str) -> None:
    """Each key that is told is answered; of lists the first item counts."""
    if isinstance(told, dict):
        assert isinstance(answered, dict), where
        assert told.keys() <= answered.keys(), f"{where}: {told.keys() - answered.keys()}"
        for name, value in told.items():
            _resembles(value, answered[name], f"{where}: {name}")
    elif isinstance(told, list) and told and answered:
        _resembles(told[0], answered[0], where)
