"""The page that ships is what its sources give; its own tests and types hold."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

UI = ROOT / "ui"
BUILT = ROOT / "gateway" / "static" / "ui"


def npm(*words: str) -> str:
    # The set-up puts Node beside Python.
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(["npm", *words], cwd=UI, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_fresh_build_gives_the_same_bytes(tmp_path):
    npm("run", "build", "--", "--out", str(tmp_path / "ui"))
    fresh, shipped = files(tmp_path / "ui"), files(BUILT)
    assert fresh.keys() == shipped.keys()
    differing = [name for name in fresh if fresh[name] != shipped[name]]
    assert differing == [], "the sources have changed: npm run build in ui/, and commit gateway/static/ui"


def test_the_types_hold():
    npm("run", "check")


def test_the_parts_hold():
    npm("test")


def test_every_package_is_pinned():
    """Without a lock file it is package.json that must name each one, also those that others bring."""
    described = json.loads((UI / "package.json").read_text())
    pinned = {**described["devDependencies"], **described["overrides"]}
    installed = {
        data["name"]: data["version"]
        for path in (UI / "node_modules").rglob("package.json")
        if path.parent.parent.name == "node_modules" or path.parent.parent.parent.name == "node_modules"
        if "version" in (data := json.loads(path.read_text()))
    }
    platform = [name for name in installed if name.startswith(("@esbuild/", "@typescript/"))]
    assert {name: version for name, version in installed.items() if name not in platform} == pinned


def test_what_others_wrote_has_its_licence():
    notices = (BUILT / "THIRD_PARTY.txt").read_text()
    for name in ("katex", "markdown-it", "preact", "dompurify", "fflate"):
        assert f"\n{name} " in notices
    assert notices.count("Permission is hereby granted") >= 7
