"""The commands of docs/cli.md and docs/client.md do what they say."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.e2e.documented import blocks, left_out, run

CLI, CLIENT = ((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("cli.md", "client.md"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands run, one after the other as a reader would: the samples are there."""
    folder = tmp_path_factory.mktemp("reader")
    shutil.copytree(ROOT / "samples", folder / "samples")
    return folder


@pytest.mark.parametrize("block", [*blocks(CLI), *blocks(CLIENT)], ids=lambda block: block["code"].split("\n")[0][:60])
def test_a_block_works(stack, folder, block):
    done = run(block, stack, folder)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    assert len(done.stdout) > 15
    assert b"something else" not in done.stdout


def test_the_files_are_where_the_text_says(stack, folder):
    done = [run(block, stack, folder).returncode for block in blocks(CLI)]
    assert done == [0] * len(done)
    written = {str(path.relative_to(folder / "out")) for path in (folder / "out").rglob("*.md")}
    assert written == {"sample.md", "page.md", "scans/page.md", "scans/2024/a.md"}


def test_every_block_is_run():
    assert left_out(CLI + CLIENT) == []
