"""The reader who runs the documents' commands has what a page tells him to have, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.setup.__main__ import EXTRAS
from tests.docs.installed import absent_modules, extras
from tests.docs.pages import Block
from tests.docs.reader import Reader


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    folder, tools = tmp_path / "folder", tmp_path / "tools"
    folder.mkdir()
    tools.mkdir()
    return Reader(folder, {"http://127.0.0.1:8081": "http://nowhere.example"}, absent_modules(EXTRAS), tools)


def bash(text: str) -> Block:
    return Block("bash", text, None)


@pytest.mark.parametrize(
    "block", [bash("ocr --help\n"), bash("python --version\n"), Block("python", "print(1)\n", None)]
)
def test_programs_of_the_venv_are_there_once_the_page_says_so(reader: Reader, block: Block) -> None:
    with pytest.raises(AssertionError, match="not found"):
        reader.run(block)
    reader.run(bash("source .venv/bin/activate\n"))
    assert reader.run(block)


def test_what_one_block_exports_the_next_one_has(reader: Reader) -> None:
    reader.run(bash("export MINE=$'two\\nlines'\n"))
    assert reader.run(bash('echo "$MINE"\n')) == "two\nlines\n"
    with pytest.raises(AssertionError, match="said nothing"):
        reader.run(bash("true\n"))


def test_packages_of_the_tests_are_not_there(reader: Reader) -> None:
    reader.run(bash("source .venv/bin/activate\n"))
    assert reader.run(Block("python", "import httpx2, numpy, ocr_client, tritonclient.http; print('there')\n", None))
    for module in ("httpx", "pytest", "simpy"):
        with pytest.raises(AssertionError, match=f"No module named '{module}'"):
            reader.run(Block("python", f"import {module}\n", None))


def test_a_page_may_have_more_installed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    for text, more in (
        ("nothing", set()),
        ('`pip install ".[cli,archive]"`', {"archive"}),
        ('pip install --no-index --find-links wheels "paddleocr-vl-server[archive]"', {"archive"}),
        ("`make setup-test`", {"paddle", "archive", "test"}),
    ):
        page.write_text(text)
        assert extras(page) == {*EXTRAS, *more}
