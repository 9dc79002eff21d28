"""No network at run time: with nothing but loopback the product starts and reads, and asks for no host of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT


def test_the_product_works_alone_and_calls_nobody(tmp_path):
    unshare = (
        ["unshare", "--net", "--mount"] if os.geteuid() == 0 else ["unshare", "--net", "--mount", "--map-root-user"]
    )
    if subprocess.run([*unshare, "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("this machine lets us make no network namespace: run as root to have this proven")
    command = [*unshare, sys.executable, "-m", "tests.e2e.alone", "samples/sample.pdf", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    answer = json.loads((tmp_path / "answer.json").read_text(encoding="utf-8"))
    assert answer["status"] == 200
    assert len(answer["markdown"]) > 500
    # The name that the test's own request held shows that questions are heard.
    assert 400 <= answer["url_status"] < 500
    assert set(answer["asked"]) == {"known-to-nobody.example"}
