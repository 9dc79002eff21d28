"""Every expression of the dashboard, the rules and the autoscalers, asked of a Prometheus that scrapes the product."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2 as httpx
import psutil
import pytest
import yaml

from gateway.access.keyring import line_of, make_key
from scripts.dashboard import GPU
from supervisor.stack import Stack
from tests.conftest import ROOT
from tests.helm.chart import manifests, render
from tests.monitoring.prometheus import Prometheus, running
from tests.product import running as product
from tests.unit.gateway.documents import encoded, picture, tiff
from tests.waiting import until

_LABELS = {
    "gateway": {"namespace": "docs", "pod": "ocr-paddleocr-vl-gateway-0"},
    "triton": {"namespace": "docs", "pod": "ocr-paddleocr-vl-triton-0"},
}
"""What the Prometheus Operator adds of each pod."""
_WITHOUT_GPU = re.compile(r"\bnv_gpu_")
_METRIC = re.compile(r"\b(?:up|(?:ocr|vlm|layout|nv|process|instance)[a-z_]*(?::[a-z0-9_:]+)?)\b(?=[\s{\[),]|$)")
_FUNCTIONS = re.compile(r"\b(?:by|without) \([^)]*\)|\{[^}]*\}|\[[^\]]*\]")


@pytest.fixture(scope="module")
def key() -> str:
    return make_key()


@pytest.fixture(scope="module")
def watched(made_weights: Path, key: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The product with API keys and so little room that pages must be sent again."""
    folder = tmp_path_factory.mktemp("watched")
    (folder / "keys").write_text(line_of("prometheus", key, None) + "\n")
    settings = {
        "ENGINE": "paddle", "MODEL_DIR": str(made_weights), "DEVICE": "cpu",
        "API_KEYS_FILE": str(folder / "keys"), "OCR_MAX_IN_FLIGHT": "1", "MAX_PAGE_PIXELS": "100000",
    }  # fmt: skip
    with product(folder, **settings) as stack:
        yield stack


@pytest.fixture(scope="module")
def prometheus(watched: Stack, key: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """The configuration that is shipped, but for addresses and times, and with the rules of a release of the chart."""
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "api-key").write_text(key)
    configuration = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    configuration["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    release = manifests(render(folder, {"prometheusRule": {"enabled": True}}))["PrometheusRule", ""]["spec"]
    (folder / "release.yml").write_text(yaml.safe_dump(release))
    configuration["rule_files"] = [str(ROOT / "deploy/prometheus/rules.yml"), str(folder / "release.yml")]
    addresses = {"gateway": watched.gateway_url, "triton": watched.metrics_url.removesuffix("/metrics")}
    for job in configuration["scrape_configs"]:
        name = job["job_name"]
        target = addresses.pop(name).removeprefix("http://")
        job["static_configs"] = [{"targets": [target], "labels": _LABELS[name]}]
        if name == "gateway":
            job["authorization"] = {"credentials_file": str(folder / "api-key")}
    assert not addresses
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    with running(folder / "prometheus.yml", folder) as server:
        yield server


@pytest.fixture(scope="module")
def traffic(watched: Stack, prometheus: Prometheus, key: str) -> None:
    """Pages, refused and skipped ones among them, pages sent again, and a drawing process that ends."""
    page = encoded(picture((200, 200)))
    two = tiff(picture((200, 200)), picture((400, 400)))
    headers = {"X-API-Key": key}
    with (
        httpx.Client(base_url=watched.gateway_url, headers=headers, timeout=120) as client,
        ThreadPoolExecutor(4) as pool,
    ):
        until(lambda: len(prometheus.ask("up == 1")) == 2)
        answers = list(pool.map(lambda _: client.post("/ocr", files={"file": page}), range(8)))
        assert any(answer.status_code == 200 for answer in answers)
        assert client.post("/ocr", json={}).status_code == 422
        skipping = client.post("/ocr", files={"file": two}, data={"on_error": "skip"})
        assert skipping.status_code == 200, skipping.text
        for renderer in psutil.Process(watched.gateway_pid).children():
            os.kill(renderer.pid, signal.SIGKILL)
        client.post("/ocr", files={"file": page})


def _until_none(left: Callable[[], list[str]]) -> None:
    until(lambda: not left(), told=lambda: "without series:\n" + "\n".join(left()))


def of_the_dashboard() -> list[tuple[str, str]]:
    """Its expressions, each with the row it stands in."""
    found, row = [], ""
    for panel in json.loads((ROOT / "deploy/grafana/paddleocr-vl.json").read_text())["panels"]:
        row = panel["title"] if panel["type"] == "row" else row
        found += [(row, target["expr"]) for target in panel.get("targets", [])]
    return found


def of_the_rules() -> list[str]:
    groups = yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text())["groups"]
    return [rule["expr"] for group in groups for rule in group["rules"]]


def of_the_autoscalers(folder: Path) -> list[str]:
    """What the Prometheus adapter would ask, and what KEDA does."""
    rules = yaml.safe_load((ROOT / "deploy/prometheus/adapter-values.yml").read_text())["rules"]["custom"]
    filled = [
        rule["metricsQuery"]
        .replace("<<.GroupBy>>", "pod")
        .replace("<<.LabelMatchers>>", 'namespace="docs",pod=~"ocr-.*"')
        for rule in rules
    ]
    scaled = {"enabled": True, "by": "keda", "prometheusUrl": "http://prometheus:9090"}
    keda = manifests(render(folder, {"triton": {"autoscaling": scaled}}))["ScaledObject", "triton"]
    (trigger,) = keda["spec"]["triggers"]
    return [*filled, *(rule["seriesQuery"] for rule in rules), trigger["metadata"]["query"]]


def test_every_expression_of_the_dashboard_has_series(prometheus, traffic):
    expressions = of_the_dashboard()
    assert len(expressions) > 40

    def without_series() -> list[str]:
        return [
            expression
            for row, expression in expressions
            if not prometheus.ask(expression.replace("$__rate_interval", "1m")) and row != GPU
        ]

    _until_none(without_series)


def test_every_metric_of_the_rules_has_series(prometheus, traffic):
    """An alert that does not fire gives nothing, so that its metrics are asked for one by one."""
    for expression in of_the_rules():
        prometheus.ask(expression)
    metrics = {name for expression in of_the_rules() for name in _METRIC.findall(_FUNCTIONS.sub("", expression))}
    assert len(metrics) > 20
    _until_none(lambda: [name for name in metrics if not _WITHOUT_GPU.match(name) and not prometheus.ask(name)])


def test_a_release_records_what_its_pods_tell(prometheus, traffic):
    groups = yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text())["groups"]
    recorded = [rule["record"] for group in groups for rule in group["rules"] if "record" in rule]
    own = [f'{name}{{namespace="docs", release="ocr"}} >= 0' for name in recorded]
    _until_none(lambda: [expression for expression in own if not prometheus.ask(expression)])


def test_every_expression_of_the_autoscalers_has_series(prometheus, traffic, tmp_path):
    expressions = of_the_autoscalers(tmp_path)
    _until_none(lambda: [expression for expression in expressions if not prometheus.ask(expression)])


def test_nothing_fires_that_should_not(prometheus, traffic):
    firing = {alert["metric"]["alertname"] for alert in prometheus.ask('ALERTS{alertstate="firing"}')}
    assert firing == set()
