"""The rules, by promtool, and what is written about them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter

import pytest
import yaml

from tests.conftest import ROOT

FOLDER = ROOT / "deploy/prometheus"
RUNBOOKS = ROOT / "docs/runbooks.md"


def promtool(*arguments: str) -> str:
    assert shutil.which("promtool"), "promtool is missing: `make setup-test` installs the package prometheus"
    done = subprocess.run(["promtool", *arguments], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def alerts() -> list[dict]:
    groups = yaml.safe_load((FOLDER / "rules.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def test_configuration_and_rules_are_valid():
    assert "rules found" in promtool("check", "config", "prometheus.yml")
    promtool("check", "rules", "--lint=all", "--lint-fatal", "rules.yml")


def test_each_alert_fires_when_it_should_and_not_otherwise():
    promtool("test", "rules", "rules_test.yml")
    cases = yaml.safe_load((FOLDER / "rules_test.yml").read_text())["tests"]
    told = [asked for case in cases for asked in case["alert_rule_test"]]
    fires = Counter(asked["alertname"] for asked in told if asked["exp_alerts"])
    silent = Counter(asked["alertname"] for asked in told if not asked["exp_alerts"])
    names = {rule["alert"] for rule in alerts()}
    assert set(fires) == set(silent) == names


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_each_alert_has_a_runbook(rule):
    assert rule["annotations"]["runbook_url"] == f"docs/runbooks.md#{rule['alert'].lower()}"
    (section,) = re.findall(rf"^## {rule['alert']}\n(.*?)(?=^## |\Z)", RUNBOOKS.read_text(), re.MULTILINE | re.DOTALL)
    for part in ("**Means**", "**Look at**", "**Helps**"):
        assert part in section


def test_no_runbook_is_left_over():
    assert re.findall(r"^## (Ocr\w+)", RUNBOOKS.read_text(), re.MULTILINE) == [rule["alert"] for rule in alerts()]


def test_the_dashboard_is_the_one_of_its_script():
    check = [sys.executable, "-m", "scripts.dashboard", "--check"]
    assert subprocess.run(check, cwd=ROOT, check=False).returncode == 0
