"""The documents hang together: blocks, links, the index, translations, tables of settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts.settings_in_russian import DESCRIPTIONS
from scripts.settings_table import DOCUMENTS, settings
from tests.conftest import ROOT
from tests.docs.pages import COMMANDS, ENGLISH, RUSSIAN, anchors, blocks, links

PAGES = [*ENGLISH, *RUSSIAN]
USERS = (
    "start",
    "api",
    "archives",
    "settings",
    "air-gapped",
    "operating",
    "access",
    "jobs",
    "troubleshooting",
    "cli",
    "client",
    "ui",
    "drop-in",
    "weights",
    "lite-engine",
    "runbooks",
)
"""The chapters that there are in Russian too."""

_LOOKS_LIKE_A_COMMAND = re.compile(r"^(?:\$ |sudo |curl |make |docker |python3? |pip |ocr |export )", re.MULTILINE)


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_is_of_a_known_kind_so_that_no_command_escapes_the_tests(page: Path) -> None:
    for block in blocks(page):
        assert block.language in (*COMMANDS, "json", "yaml", "")
        assert block.language in COMMANDS or not _LOOKS_LIKE_A_COMMAND.search(block.text), block.text
    fences = re.findall(r"^\s*(?:```|~~~)", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(fences) == 2 * len(blocks(page))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("index", [ROOT / "docs/README.md", ROOT / "docs/ru/README.md"], ids=name)
def test_the_index_has_every_chapter(index: Path) -> None:
    chapters = {page.name for page in index.parent.glob("*.md")} - {"README.md"}
    assert chapters <= {link.partition("#")[0] for link in links(index)}


def test_every_chapter_for_users_is_there_in_russian() -> None:
    assert {page.stem for page in RUSSIAN[1:]} == {"README", *USERS}


@pytest.mark.parametrize("page", RUSSIAN, ids=name)
def test_a_translation_has_the_blocks_of_its_original(page: Path) -> None:
    original = ROOT / "README.md" if page.name == "README.ru.md" else ROOT / "docs" / page.name

    def run(blocks_of: Path) -> list[tuple[str, str, bool]]:
        return [(block.language, block.text, bool(block.why)) for block in blocks(blocks_of) if block.language]

    assert run(page) == run(original)


@pytest.mark.parametrize("page", RUSSIAN, ids=name)
def test_a_translation_has_the_headings_and_rows_of_its_original(page: Path) -> None:
    original = ROOT / "README.md" if page.name == "README.ru.md" else ROOT / "docs" / page.name

    def shape(text: str) -> list[str]:
        """The levels of headings, and how many cells each row of a table has."""
        lines = re.findall(r"^(?:#+ |\|).*$", text, re.MULTILINE)
        return [line.split(" ")[0] if line.startswith("#") else f"{line.count(' | ')} cells" for line in lines]

    if page.name != "README.md":
        assert shape(page.read_text(encoding="utf-8")) == shape(original.read_text(encoding="utf-8"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.path)
def test_the_table_of_settings_is_current(document) -> None:
    text = (ROOT / document.path).read_text(encoding="utf-8")
    assert document.with_table(text) == text


def test_every_setting_says_what_it_is_in_both_languages() -> None:
    told = {setting.description for setting in settings()}
    assert "" not in told
    assert told == set(DESCRIPTIONS)
