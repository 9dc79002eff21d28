"""The alerts of docs/operating.md ask for metrics and codes that there are."""

from __future__ import annotations

import re

from gateway.error_status import BY_CODE
from tests.conftest import ROOT
from tests.docs.pages import rows

PAGE = ROOT / "docs/operating.md"
ALERTS = [row[1] for row in rows(PAGE, "### Alerts worth having")[1:]]


def test_alerts_ask_for_codes_that_errors_have() -> None:
    asked = [codes.split(r"\|") for alert in ALERTS for codes in re.findall(r'code=~?"([^"]+)"', alert)]
    assert len(asked) == 3
    for pattern in (pattern for codes in asked for pattern in codes):
        assert any(re.fullmatch(pattern, code) for code in BY_CODE), pattern


def test_alerts_ask_for_metrics_of_the_table_above_them() -> None:
    # tests/unit/gateway/test_metrics.py compares that table with the gateway.
    asked = {name for alert in ALERTS for name in re.findall(r"ocr_gateway_\w+", alert)}
    told = {name for row in rows(PAGE, "## Metrics") for name in re.findall(r"ocr_gateway_\w+", row[0])}
    assert len(asked) == 8
    assert {name.removesuffix("_bucket") for name in asked} <= told
