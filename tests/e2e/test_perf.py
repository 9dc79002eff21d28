"""`make perf`, in short: perf_analyzer on a real Triton, with real pages."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.perf.analyzer import Analyzer
from benchmarks.perf.gateway import Gateway
from benchmarks.perf.inputs import Asked
from benchmarks.perf.levels import Profile
from benchmarks.perf.report import END, START
from tests.conftest import ROOT


def test_a_quick_profile_of_a_model(tmp_path, stack):
    document = tmp_path / "docs" / "performance.md"
    document.parent.mkdir()
    document.write_text(f"{START}\n{END}\n", encoding="utf-8")
    addresses = ["--triton", stack.triton_url.removeprefix("http://"), "--metrics", stack.metrics_url]
    command = [sys.executable, "-m", "benchmarks.perf", "--only", "ocr", "--quick", "--pages", "2"]
    kept = tmp_path / "kept"
    done = subprocess.run(
        [*command, *addresses, "--kept", kept, "--write", document],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    profile = Profile.load(kept / "quick", "ocr")
    assert profile
    assert [level.load for level in profile.closed] == [1, 2]
    assert len(profile.open) == 2
    for level in (*profile.closed, *profile.open):
        assert level.answered > 0
        assert 0 < level.p50 <= level.p95 <= level.p99
        assert level.inside.layout
        assert level.inside.layout.batch >= 1
        assert level.inside.vlm
        assert level.inside.vlm.batch > 1
    text = document.read_text(encoding="utf-8")
    assert "### Load: `ocr`" in text
    assert (document.parent / "images" / "load-ocr.svg").stat().st_size > 5000


def test_layout_and_vlm_are_asked_what_the_page_pipeline_asks(tmp_path, stack, page_image):
    address = stack.triton_url.removeprefix("http://")
    asked = Asked(address)
    asked.read([page_image])
    [page] = asked.layout_requests
    height, width, _ = page["IMAGE"]["shape"]
    assert len(asked.vlm_requests) > 1
    for crop in asked.vlm_requests:
        assert set(crop) == {"IMAGE", "PROMPT", "OPTIONS"}
        assert crop["IMAGE"]["shape"][0] < height
        assert crop["IMAGE"]["shape"][1] <= width
    for model, requests in (("layout", asked.layout_requests), ("vlm", asked.vlm_requests)):
        found = Analyzer(model, "request", address, tmp_path, requests).open(20.0, 4)
        assert found.answered > 0
        assert found.p50 > 0


def test_the_gateway_reads_what_is_due_at_random_times(stack, page_image):
    found = Gateway(stack.gateway_url, [page_image]).open(10.0, 5)
    assert (found.load, found.good) == (10.0, 1.0)
    assert 0 < found.p50 <= found.p99
