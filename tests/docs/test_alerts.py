"""The alerts of deploy/prometheus ask for codes that there are, and for metrics that docs/operating.md lists."""

from __future__ import annotations

import re

import yaml

from gateway.error_status import BY_CODE
from tests.conftest import ROOT
from tests.docs.pages import rows

_GROUPS = yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text())["groups"]
ALERTS = [rule["expr"] for group in _GROUPS for rule in group["rules"]]


def test_alerts_ask_for_codes_that_errors_have() -> None:
    asked = [codes.split("|") for alert in ALERTS for codes in re.findall(r'code=~?"([^"]+)"', alert)]
    assert len(asked) == 3
    for pattern in (pattern for codes in asked for pattern in codes):
        assert any(re.fullmatch(pattern, code) for code in BY_CODE), pattern


def test_alerts_ask_for_metrics_of_the_table_in_the_documents() -> None:
    # tests/unit/gateway/test_metrics.py compares that table with the gateway.
    asked = {name for alert in ALERTS for name in re.findall(r"ocr_gateway_\w+", alert)}
    told = {
        name
        for row in rows(ROOT / "docs/operating.md", "## Metrics")
        for name in re.findall(r"ocr_gateway_\w+", row[0])
    }
    assert len(asked) > 8
    assert {name.removesuffix("_bucket") for name in asked} <= told
