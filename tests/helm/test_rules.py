"""The alerts of a release: those of deploy/prometheus, narrowed to what this release's pods tell."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT
from tests.helm.chart import Manifest, manifests, render

RULES = yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text())
ELSEWHERE = {"triton": {"url": "http://triton.models:8000"}, "networkPolicy": {"enabled": False}}

_TEXT = re.compile(r'"[^"]*"')
_READ = re.compile(r"\b((?:ocr|vlm|layout|nv|process|instance)[a-z_]*[_:][a-z0-9_:]+|up)\b(?!\()(\{[^}]*\})?")
_OWN = 'namespace="docs", pod=~"ocr-paddleocr-vl-(gateway|triton).+"'
_OWN_RECORD = 'namespace="docs", release="ocr"'


def of_release(folder: Path, values: Manifest) -> Manifest:
    """What the Prometheus Operator would load."""
    rendered = manifests(render(folder, {**values, "prometheusRule": {"enabled": True}}))
    spec: Manifest = rendered["PrometheusRule", ""]["spec"]
    return spec


def every_rule(rules: Manifest) -> list[Manifest]:
    return [rule for group in rules["groups"] for rule in group["rules"]]


def names(rules: Manifest) -> list[str]:
    return [rule.get("alert") or rule["record"] for rule in every_rule(rules)]


def selectors(expression: str) -> list[tuple[str, str]]:
    """What is read, each with the labels that it must have; texts in quotes are left out while names are looked for."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"<{len(kept) - 1}>"

    bare = _TEXT.sub(keep, re.sub(r"\b(?:by|without) \([^)]*\)", "", expression))
    return [
        (match[1], re.sub(r"<(\d+)>", lambda at: kept[int(at[1])], match[2] or "")) for match in _READ.finditer(bare)
    ]


def test_they_are_those_of_the_repository(tmp_path):
    rules = of_release(tmp_path, {})
    assert names(rules) == names(RULES)
    for own, plain in zip(every_rule(rules), every_rule(RULES), strict=True):
        expression = own["expr"]
        for labels in (_OWN, _OWN_RECORD):
            expression = expression.replace(f"{{{labels}}}", "").replace(f"{labels}, ", "")
        labels = {"namespace": "docs", "release": "ocr", **plain.get("labels", {})}
        assert own == {**plain, "expr": own["expr"], "labels": labels}
        assert expression == plain["expr"]


def test_they_read_nothing_but_what_this_release_tells(tmp_path):
    read = [item for rule in every_rule(of_release(tmp_path, {})) for item in selectors(rule["expr"])]
    assert len(read) > 30
    for name, labels in read:
        assert (_OWN_RECORD if ":" in name else _OWN) in labels, name


def test_tritons_elsewhere_are_not_missed(tmp_path):
    rules = of_release(tmp_path, ELSEWHERE)
    assert set(names(RULES)) - set(names(rules)) == {"OcrNoTriton"}
    for rule in every_rule(rules):
        for name, labels in selectors(rule["expr"]):
            assert ("pod=~" in labels) == name.startswith(("ocr_gateway_", "process_", "up")), name


CASES = """
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
  - name: a gateway of another namespace, and the job `gateway` of another program here, are none of this release
    interval: 1m
    input_series:
      - {series: 'up{job="gateway", namespace="docs", pod="ocr-paddleocr-vl-gateway-1", instance="a"}', values: '0x20'}
      - {series: 'up{job="gateway", namespace="other", pod="ocr-paddleocr-vl-gateway-1", instance="b"}', values: '1x20'}
      - {series: 'up{job="gateway", namespace="docs", pod="api-gateway-1", instance="c"}', values: '1x20'}
    alert_rule_test:
      - eval_time: 5m
        alertname: OcrNoGateway
        exp_alerts:
          - exp_labels: {severity: critical, namespace: docs, release: ocr}
            exp_annotations: {summary: "No gateway answers Prometheus", runbook_url: docs/runbooks.md#ocrnogateway}
  - name: what fails in this release is told
    interval: 1m
    input_series:
      - series: >-
          ocr_gateway_requests_total{method="POST", status="500", namespace="docs", pod="ocr-paddleocr-vl-gateway-1"}
        values: 0+60x30
      - series: ocr_gateway_tritons{namespace="docs", pod="ocr-paddleocr-vl-gateway-1"}
        values: 2x30
      - series: ocr_gateway_tritons_up{namespace="docs", pod="ocr-paddleocr-vl-gateway-1"}
        values: 1x30
    alert_rule_test:
      - eval_time: 20m
        alertname: OcrRequestsFail
        exp_alerts:
          - exp_labels: {severity: critical, namespace: docs, release: ocr}
            exp_annotations:
              summary: "100% of the documents are answered with a fault of the server"
              runbook_url: docs/runbooks.md#ocrrequestsfail
      - eval_time: 20m
        alertname: OcrTritonPassedBy
        exp_alerts:
          - exp_labels: {severity: warning, namespace: docs, release: ocr, pod: ocr-paddleocr-vl-gateway-1}
            exp_annotations:
              summary: "The gateway  sends no pages to some of its Tritons"
              runbook_url: docs/runbooks.md#ocrtritonpassedby
  - name: what fails in another release is told by its own rules
    interval: 1m
    input_series:
      - series: >-
          ocr_gateway_requests_total{method="POST", status="200", namespace="docs", pod="ocr-paddleocr-vl-gateway-1"}
        values: 0+60x30
      - series: >-
          ocr_gateway_requests_total{method="POST", status="500", namespace="other", pod="ocr-paddleocr-vl-gateway-1"}
        values: 0+60x30
    promql_expr_test:
      - expr: ocr:requests:rate5m
        eval_time: 20m
        exp_samples: [{labels: 'ocr:requests:rate5m{namespace="docs", release="ocr"}', value: 1}]
    alert_rule_test:
      - {eval_time: 20m, alertname: OcrRequestsFail, exp_alerts: []}
"""


@pytest.mark.parametrize("values", [{}, ELSEWHERE], ids=["whole", "Tritons elsewhere"])
def test_prometheus_takes_them_and_tells_releases_apart(values, tmp_path):
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(of_release(tmp_path, values)))
    (tmp_path / "cases.yml").write_text(CASES)
    for arguments in (("check", "rules", "--lint=all", "--lint-fatal", "rules.yml"), ("test", "rules", "cases.yml")):
        done = subprocess.run(["promtool", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
