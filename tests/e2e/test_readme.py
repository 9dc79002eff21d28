"""The README's commands do what it says, and its table of settings is the one that is read."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.settings_table import with_table
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
_BLOCK = re.compile(
    r"(?P<note><!-- not run by the tests: [^>]+ -->\n)?```(?P<language>bash|python)\n(?P<code>.*?)```", re.DOTALL
)
BLOCKS = [found for found in _BLOCK.finditer(README) if not found["note"]]


def with_addresses(code: str, stack) -> str:
    """The block with this run's addresses in place of the default ones."""
    addresses = {
        "127.0.0.1:8081": stack.gateway_url,
        "127.0.0.1:8000": stack.triton_url,
        "127.0.0.1:8002": stack.metrics_url,
    }
    for default, url in addresses.items():
        code = code.replace(default, url.removeprefix("http://").removesuffix("/metrics"))
    return code


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block["code"].split("\n")[0][:60])
def test_a_command_works(stack, block):
    code = with_addresses(block["code"], stack)
    command = ["bash", "-euo", "pipefail", "-c", code] if block["language"] == "bash" else [sys.executable, "-c", code]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    assert len(done.stdout) > 100
    assert b'"error"' not in done.stdout


def test_only_what_serves_or_tests_is_not_run():
    left_out = [found["code"].strip() for found in _BLOCK.finditer(README) if found["note"]]
    assert [code.split()[:2] for code in left_out] == [["make", word] for word in ("run", "run", "setup", "test")]


def test_the_table_of_settings_is_current():
    assert with_table(README) == README


def test_links_lead_somewhere():
    assert [link for link in re.findall(r"\]\((?!http)([^)#]+)", README) if not (ROOT / link).exists()] == []
