"""The README's commands do what it says, and its table of settings is the one that is read."""

from __future__ import annotations

import re

import pytest

from scripts.settings_table import with_table
from tests.conftest import ROOT
from tests.e2e.documented import blocks, left_out, run

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("block", blocks(README), ids=lambda block: block["code"].split("\n")[0][:60])
def test_a_command_works(stack, block):
    done = run(block, stack, ROOT)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    assert len(done.stdout) > 100
    assert b'"error"' not in done.stdout


def test_only_what_serves_or_tests_is_not_run():
    commands = [code.split()[:2] for code in left_out(README)]
    assert commands == [["make", word] for word in ("run", "run", "setup", "test")]


def test_the_table_of_settings_is_current():
    assert with_table(README) == README


def test_links_lead_somewhere():
    assert [link for link in re.findall(r"\]\((?!http)([^)#]+)", README) if not (ROOT / link).exists()] == []
