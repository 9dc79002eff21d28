"""docs/kubernetes.md: its values render, its manifest holds what the chart's pods have."""

from __future__ import annotations

import re

import yaml

from tests.conftest import ROOT
from tests.helm.chart import manifests, pod, render

DOCUMENT = ROOT / "docs/kubernetes.md"


def examples() -> list[dict]:
    return [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)]


def test_the_values_render(tmp_path):
    gpu, _, elsewhere = examples()
    rendered = manifests(render(tmp_path, gpu))
    assert pod(rendered, "triton")["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert ("Deployment", "triton") not in manifests(render(tmp_path, elsewhere))


def test_kserve_runs_what_the_chart_runs(tmp_path):
    gpu, service, elsewhere = examples()
    ours, theirs = pod(manifests(render(tmp_path, gpu)), "triton"), service["spec"]["predictor"]
    assert theirs["terminationGracePeriodSeconds"] == ours["terminationGracePeriodSeconds"]
    (own,), (other,) = ours["containers"], theirs["containers"]
    for part in ("image", "securityContext", "startupProbe", "readinessProbe", "volumeMounts"):
        assert other[part] == own[part], part
    assert theirs["volumes"] == ours["volumes"]
    name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
    assert elsewhere["triton"]["url"] == f"dns+http://{name}-predictor.{namespace}.svc:8000"
