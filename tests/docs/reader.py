"""A reader who gives the commands of a page one after the other, in one terminal of a machine that has what it says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.docs.installed import hide
from tests.docs.pages import COMMANDS, Block

_OWN = {".git", ".venv", "out", "output", "jobs", "scans", "official_models"}
"""What a reader's folder does not share with this one."""
_NOT_THE_SYSTEMS = {"python", "pip", "ocr"}
"""Programs that a Debian does not have; where these tests run it may be otherwise."""
_OF_A_VENV = {"VIRTUAL_ENV", "VIRTUAL_ENV_PROMPT", "PYTHONHOME", "PYTHONPATH", "PS1"}
_SILENT = re.compile(r"(source|export) .*")


class Reader:
    """Runs blocks in `folder`, which becomes a copy of the repository, with `addresses` in place of those they name.

    What a block does to its environment holds for the next ones. Programs of `.venv` are on the PATH once a block has
    put them there; Python finds no module of `absent`.
    """

    def __init__(self, folder: Path, addresses: Mapping[str, str], absent: Iterable[str], tools: Path) -> None:
        """`tools` is a new folder, for what is no business of the reader's."""
        for entry in ROOT.iterdir():
            if entry.name not in _OWN:
                (folder / entry.name).symlink_to(entry)
        (folder / ".venv").symlink_to(sys.prefix)
        self.folder = folder
        self._addresses = addresses
        self._saved = tools / "environment"
        hide(absent, tools / "python")
        _make_system(tools / "bin")
        known = {name: value for name, value in os.environ.items() if name not in _OF_A_VENV}
        self._environment = {
            **known,
            "PATH": str(tools / "bin"),
            "PYTHONPATH": str(tools / "python"),
            "OCR_SERVER": addresses["http://127.0.0.1:8081"],
        }

    def run(self, block: Block) -> str:
        """What the block writes to standard output. Raises AssertionError with what it said when it fails."""
        code = block.text
        for written, actual in self._addresses.items():
            code = code.replace(written, actual)
        if block.language == "python":
            line, arguments = 'exec python -c "$0"', [code]
        else:
            line, arguments = f"trap 'env -0 >{self._saved}' EXIT\n{code}", []
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line, *arguments], cwd=self.folder, env=self._environment,
            capture_output=True, timeout=120, check=False, text=True, errors="replace",
        )  # fmt: skip
        assert done.returncode == 0, f"{block.text}\n{done.stderr}"
        silent = all(_SILENT.fullmatch(line) for line in block.text.splitlines())
        assert done.stdout or done.stderr or silent, f"{block.text}\nsaid nothing"
        if block.language == "bash":
            pairs = (entry.partition("=") for entry in self._saved.read_text().split("\0") if entry)
            self._environment = {name: value for name, _, value in pairs}
        return done.stdout


def _make_system(folder: Path) -> None:
    """Make `folder` the one place of all programs that the system has."""
    folder.mkdir()
    own = Path(sys.executable).parent
    for place in filter(Path.is_dir, map(Path, os.environ["PATH"].split(os.pathsep))):
        for program in () if place == own else place.iterdir():
            if program.name not in _NOT_THE_SYSTEMS and not (folder / program.name).is_symlink():
                (folder / program.name).symlink_to(program.absolute())


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
