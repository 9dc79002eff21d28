"""The official pipeline and this server, side by side on the same made weights: nothing may differ."""

from __future__ import annotations

import re
import subprocess
import sys
from shutil import copyfile

from benchmarks.parity.cases import CASES, RUNS, cases_of
from tests.conftest import ROOT

DOCUMENT = ROOT / "docs" / "parity.md"


def test_every_page_is_equal_and_the_published_table_is_current(tmp_path):
    copy = copyfile(DOCUMENT, tmp_path / "parity.md")
    command = [sys.executable, "-m", "benchmarks.parity", "--write", copy]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=1800, check=False)
    told = done.stdout.decode()
    assert done.returncode == 0, told + done.stderr.decode(errors="replace")[-3000:]
    assert re.fullmatch(r"equal: (\d+) of \1 pages", told.splitlines()[-1])
    assert copy.read_text(encoding="utf-8") == DOCUMENT.read_text(encoding="utf-8"), "run `make parity`"


def test_every_case_is_run():
    run = {case.name for version, kind in RUNS for case in cases_of(version, kind)}
    assert run == {case.name for case in CASES}
    assert len({case.name for case in CASES}) == len(CASES)
