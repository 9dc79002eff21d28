"""The chart: valid manifests for many sets of values, and what they must say. No cluster takes part."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter

from engines.settings import EngineSettings
from gateway.settings import Settings as GatewaySettings
from gateway.triton_addresses import TritonUrls
from scripts.chart_readme import CHART, described
from supervisor.settings import Settings as SupervisorSettings
from tests.conftest import ROOT
from tests.helm.chart import Refused, environment, helm, manifests, pod, render

SOMEWHERE = {"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}
OF_LIBRARIES = {"AWS_CA_BUNDLE", "SSL_CERT_FILE"}
"""Variables that boto3 and OpenSSL read."""
OF_OPERATORS = ("ServiceMonitor", "PrometheusRule", "ScaledObject")
"""Kinds of which Kubernetes itself has no schema."""

SETS = {
    "default": {},
    "gpu, weights in the image": {
        "triton": {"engine": "paddle", "gpus": 1, "image": {"tag": "gpu"}, "runtimeClassName": "nvidia", "replicas": 3},
    },
    "weights of a claim": {
        "triton": {
            "engine": "paddle",
            "gpus": 1,
            "weights": {"source": "claim", "existingClaim": "w", "subPath": "v1.6"},
        },
    },
    "weights of the node": {
        "triton": {"engine": "paddle", "weights": {"source": "hostPath", "hostPath": "/srv/models"}}
    },
    "weights of an image": {
        "triton": {
            "engine": "paddle",
            "weights": {"source": "ociVolume", "ociReference": "registry.local/weights:1.6"},
        },
    },
    "everything": {
        "commonLabels": {"team": "docs"},
        "imagePullSecrets": [{"name": "registry"}],
        "gateway": {
            "settings": {"MAX_PAGES": "500", "RATE_LIMIT": "60/minute"},
            "ingress": {
                "enabled": True,
                "className": "nginx",
                "hosts": ["ocr.example"],
                "tls": [{"secretName": "tls"}],
            },
            "autoscaling": {"enabled": True},
            "output": {"existingClaim": "results"},
            "readinessPath": "/health",
            "tolerations": [{"key": "only", "operator": "Exists"}],
            "nodeSelector": {"disk": "fast"},
            "podAnnotations": {"a": "b"},
        },
        "triton": {
            "engine": "paddle",
            "image": {"digest": f"sha256:{'0' * 64}"},
            "gpus": 2,
            "settings": {"VLM_SLOTS": "96"},
            "vlmServer": {"url": "http://vllm.models:8118/v1", "existingSecret": "vlm"},
            "autoscaling": {"enabled": True},
            "priorityClassName": "high",
        },
        "apiKeys": {"existingSecret": "keys"},
        "redis": {"existingSecret": "redis"},
        "jobs": {"enabled": True, "storageClassName": "cephfs"},
        "s3": {"endpoint": "https://s3.example", "bucket": "ocr", "existingSecret": "s3"},
        "urlFetch": {"enabled": True},
        "tracing": {"endpoint": "http://collector:4318"},
        "trustedCa": {"existingSecret": "authorities"},
        "networkPolicy": {
            "clients": [{"namespaceSelector": {}}],
            **dict.fromkeys(("redis", "s3", "vlmServer", "urls", "tracing"), SOMEWHERE),
        },
        "serviceMonitor": {"enabled": True, "gatewayCredentials": {"name": "prometheus", "key": "key"}},
        "prometheusRule": {"enabled": True},
        "dashboard": {"enabled": True},
    },
    "keda": {"triton": {"autoscaling": {"enabled": True, "by": "keda", "prometheusUrl": "http://prometheus:9090"}}},
    "Tritons elsewhere": {
        "triton": {"url": "dns+http://ocr-predictor.docs.svc:8000"},
        "networkPolicy": {"triton": SOMEWHERE},
        "serviceMonitor": {"enabled": True},
        "prometheusRule": {"enabled": True},
    },
    "bare": {
        "gateway": {"maxUnavailable": None, "replicas": 1},
        "triton": {"maxUnavailable": None},
        "networkPolicy": {"enabled": False},
        "serviceAccount": {"create": False, "name": "default"},
        "jobs": {"enabled": True, "existingClaim": "jobs"},
        "trustedCa": {"existingConfigMap": "kube-root-ca.crt"},
        "fullnameOverride": "ocr-paddleocr-vl",
    },
}


def parts(rendered: dict) -> list[str]:
    """The deployments."""
    return [name for kind, name in rendered if kind == "Deployment"]


def test_lint():
    helm("lint", "--strict", CHART)


@pytest.mark.parametrize("values", SETS.values(), ids=SETS)
def test_manifests_are_valid(values, tmp_path):
    text = render(tmp_path, values)
    own = [document for document in yaml.safe_load_all(text) if document and document["kind"] not in OF_OPERATORS]
    file = tmp_path / "manifests.yaml"
    file.write_text(yaml.safe_dump_all(own))
    done = subprocess.run(
        [Path(sys.executable).parent / "kubernetes-validate", "--strict", file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("values", SETS.values(), ids=SETS)
def test_pods_may_do_nothing_that_they_need_not(values, tmp_path):
    rendered = manifests(render(tmp_path, values))
    for part in parts(rendered):
        spec = pod(rendered, part)
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        (container,) = spec["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        volumes, mounts = ({item["name"] for item in items} for items in (spec["volumes"], container["volumeMounts"]))
        assert volumes == mounts
        assert container["resources"]["limits"]["memory"]
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            assert probe in container
        timeout = int(environment(rendered, part)["SHUTDOWN_TIMEOUT"])
        assert spec["terminationGracePeriodSeconds"] >= timeout + 10
        assert ("PodDisruptionBudget", part) in rendered or values["triton"]["maxUnavailable"] is None


@pytest.mark.parametrize("values", SETS.values(), ids=SETS)
def test_every_variable_is_a_setting_of_its_program(values, tmp_path):
    rendered = manifests(render(tmp_path, values))
    known = {
        "gateway": [GatewaySettings],
        "triton": [EngineSettings, SupervisorSettings],
    }
    for part in parts(rendered):
        classes = known[part]
        names = {name.upper() for settings in classes for name in settings.model_fields}
        assert set(environment(rendered, part)) - OF_LIBRARIES <= names
    urls = environment(rendered, "gateway")["TRITON_URL"]
    (url,) = TypeAdapter(TritonUrls).validate_python(urls)
    assert url.looked_up
    if "triton" in parts(rendered):
        service = rendered["Service", "triton"]
        assert url.host == f"{service['metadata']['name']}.docs.svc"
        assert service["spec"]["clusterIP"] == "None"


def test_tritons_elsewhere_leave_nothing_of_triton_here(tmp_path):
    rendered = manifests(render(tmp_path, SETS["Tritons elsewhere"]))
    assert not [kind for kind, name in rendered if name == "triton"]
    assert environment(rendered, "gateway")["TRITON_URL"] == "dns+http://ocr-predictor.docs.svc:8000"
    ports = [port["port"] for rule in rendered["NetworkPolicy", "gateway"]["spec"]["egress"] for port in rule["ports"]]
    assert ports == [53, 53, 8000]


def test_probes_of_triton_are_inferences_and_leave_the_supervisor_its_time(tmp_path):
    rendered = manifests(render(tmp_path, {"triton": {"startTimeout": 900}}))
    (container,) = pod(rendered, "triton")["containers"]
    dockerfile = (ROOT / "Dockerfile.triton").read_text()
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        command = container[probe]["exec"]["command"]
        assert f"CMD {command}".replace("'", '"') in dockerfile
    for probe in ("startupProbe", "livenessProbe"):
        assert container[probe]["periodSeconds"] * container[probe]["failureThreshold"] > 900


def test_triton_has_its_memory_and_its_gpus(tmp_path):
    rendered = manifests(render(tmp_path, SETS["everything"]))
    spec = pod(rendered, "triton")
    (container,) = spec["containers"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 2
    assert container["resources"]["limits"]["memory"] == "16Gi"
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    assert volumes["shm"]["emptyDir"]["medium"] == "Memory"
    assert "replicas" not in rendered["Deployment", "triton"]["spec"]
    assert environment(rendered, "triton")["DEVICE"] == "gpu"
    assert container["image"].endswith(f"@sha256:{'0' * 64}")


@pytest.mark.parametrize("name", ["weights of a claim", "weights of the node", "weights of an image"])
def test_weights_are_mounted_read_only(name, tmp_path):
    spec = pod(manifests(render(tmp_path, SETS[name])), "triton")
    (mount,) = [mount for mount in spec["containers"][0]["volumeMounts"] if mount["name"] == "weights"]
    assert (mount["mountPath"], mount["readOnly"]) == ("/models", True)


def test_nothing_goes_out_that_is_not_named(tmp_path):
    rendered = manifests(render(tmp_path, {}))
    triton = rendered["NetworkPolicy", "triton"]["spec"]
    assert triton["policyTypes"] == ["Ingress", "Egress"]
    assert triton["egress"] == []
    gateway_pods = rendered["Deployment", "gateway"]["spec"]["selector"]
    from_gateway, from_prometheus = triton["ingress"]
    assert from_gateway == {"from": [{"podSelector": gateway_pods}], "ports": [{"port": 8000, "protocol": "TCP"}]}
    assert from_prometheus["ports"] == [{"port": 8002, "protocol": "TCP"}]
    assert [sorted(rule) for rule in triton["ingress"]] == [["from", "ports"]] * 2
    dns, to_triton = rendered["NetworkPolicy", "gateway"]["spec"]["egress"]
    assert {port["port"] for port in dns["ports"]} == {53}
    assert to_triton["to"] == [{"podSelector": rendered["Deployment", "triton"]["spec"]["selector"]}]


def test_what_is_used_is_let_through(tmp_path):
    rendered = manifests(render(tmp_path, SETS["everything"]))
    out = {
        part: [port["port"] for rule in rendered["NetworkPolicy", part]["spec"]["egress"] for port in rule["ports"]]
        for part in ("gateway", "triton")
    }
    assert out == {"gateway": [53, 53, 8000, 6379, 443, 80, 443, 4318], "triton": [53, 53, 8118, 4318]}
    assert environment(rendered, "gateway")["S3_SECRET_KEY"] == {"name": "s3", "key": "secret-key"}
    assert environment(rendered, "gateway")["REDIS_URL"] == {"name": "redis", "key": "url"}
    assert rendered["PersistentVolumeClaim", "jobs"]["spec"]["accessModes"] == ["ReadWriteMany"]


def test_autoscalers_ask_for_what_the_adapter_has(tmp_path):
    rendered = manifests(render(tmp_path, SETS["everything"]))
    rules = yaml.safe_load((ROOT / "deploy/prometheus/adapter-values.yml").read_text())["rules"]["custom"]
    asked = {
        metric["pods"]["metric"]["name"]
        for part in ("gateway", "triton")
        for metric in rendered["HorizontalPodAutoscaler", part]["spec"]["metrics"]
    }
    assert asked == {rule["name"]["as"] for rule in rules}
    for part in ("gateway", "triton"):
        target = rendered["HorizontalPodAutoscaler", part]["spec"]["scaleTargetRef"]["name"]
        assert target == rendered["Deployment", part]["metadata"]["name"]


def test_keda_takes_an_empty_answer_for_a_failure_and_no_fallback(tmp_path):
    spec = manifests(render(tmp_path, SETS["keda"]))["ScaledObject", "triton"]["spec"]
    (trigger,) = spec["triggers"]
    assert (trigger["metricType"], trigger["metadata"]["ignoreNullValues"]) == ("Value", "false")
    # KEDA before 2.18 refuses it with a metric of the type Value.
    assert "fallback" not in spec


@pytest.mark.parametrize(
    ("values", "pages"),
    [
        ({}, 32),
        ({"gateway": {"replicas": 1}}, 64),
        ({"gateway": {"replicas": 5}}, 12),
        ({"gateway": {"replicas": 100}}, 1),
        ({"gateway": {"autoscaling": {"enabled": True}}}, 8),
        ({"gateway": {"autoscaling": {"enabled": True, "maxReplicas": 3}}}, 21),
        ({"triton": {"settings": {"OCR_MAX_IN_FLIGHT": "24"}}}, 12),
        ({"gateway": {"settings": {"PAGES_A_TRITON": "40"}}}, 40),
    ],
)
def test_gateways_together_send_a_triton_no_more_pages_than_it_takes(values, pages, tmp_path):
    rendered = manifests(render(tmp_path, values))
    assert environment(rendered, "gateway")["PAGES_A_TRITON"] == str(pages)
    names = [variable["name"] for variable in pod(rendered, "gateway")["containers"][0]["env"]]
    assert names.count("PAGES_A_TRITON") == 1


def test_what_the_chart_takes_for_the_default_of_triton_is_it(tmp_path):
    alone = manifests(render(tmp_path, {"gateway": {"replicas": 1}}))
    assert environment(alone, "gateway")["PAGES_A_TRITON"] == str(
        EngineSettings.model_fields["ocr_max_in_flight"].default
    )


@pytest.mark.parametrize(
    ("values", "strategy"),
    [
        ({}, "RollingUpdate"),
        (SETS["bare"], "Recreate"),
        (SETS["everything"], "RollingUpdate"),
    ],
)
def test_two_gateways_never_share_jobs_without_redis(values, strategy, tmp_path):
    rendered = manifests(render(tmp_path, values))
    given = rendered["Deployment", "gateway"]["spec"]["strategy"]
    assert given["type"] == strategy
    assert ("rollingUpdate" in given) == (strategy == "RollingUpdate")


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("everything", {"secret": {"secretName": "authorities", "items": [{"key": "ca.crt", "path": "ca.crt"}]}}),
        ("bare", {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}}),
    ],
)
def test_authorities_of_ones_own_reach_both_pods(name, source, tmp_path):
    rendered = manifests(render(tmp_path, SETS[name]))
    variables = {"gateway": ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "URL_CA_FILE"), "triton": ("SSL_CERT_FILE",)}
    for part, names in variables.items():
        spec = pod(rendered, part)
        assert {"name": "trusted-ca", **source} in spec["volumes"]
        assert {"name": "trusted-ca", "mountPath": "/trusted-ca", "readOnly": True} in spec["containers"][0][
            "volumeMounts"
        ]
        assert {environment(rendered, part)[variable] for variable in names} == {"/trusted-ca/ca.crt"}
        assert OF_LIBRARIES.isdisjoint(environment(manifests(render(tmp_path, {})), part))


def test_the_dashboard_is_that_of_the_repository(tmp_path):
    rendered = manifests(render(tmp_path, SETS["everything"]))
    (dashboard,) = rendered["ConfigMap", "dashboard"]["data"].values()
    assert dashboard.strip() == (ROOT / "deploy/grafana/paddleocr-vl.json").read_text().strip()
    for part in ("gateway", "triton"):
        monitor = rendered["ServiceMonitor", part]["spec"]
        labels = rendered["Service", part]["metadata"]["labels"]
        assert monitor["selector"]["matchLabels"].items() <= labels.items()
        assert labels[monitor["jobLabel"]] == part


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"gateway": {"replica": 3}}, "replica"),
        ({"gateway": {"settings": {"MAX_PAGES": 5}}}, "string"),
        ({"gateway": {"settings": {"TRITON_URL": "http://elsewhere"}}}, "TRITON_URL"),
        ({"triton": {"engine": "vllm"}}, "engine"),
        ({"triton": {"gpus": "one"}}, "gpus"),
        ({"gateway": {"ingress": {"enabled": True}}}, "hosts"),
        ({"jobs": {"enabled": True}}, "redis.existingSecret"),
        ({"s3": {"endpoint": "https://s3.example"}}, "s3.bucket"),
        ({"triton": {"engine": "paddle", "weights": {"source": "claim"}}}, "existingClaim"),
        ({"triton": {"weights": {"source": "claim", "existingClaim": "w"}}}, "triton.engine"),
        ({"triton": {"autoscaling": {"enabled": True, "by": "keda"}}}, "prometheusUrl"),
        ({"redis": {"existingSecret": "redis"}}, "networkPolicy.redis.to"),
        ({"trustedCa": {"existingSecret": "a", "existingConfigMap": "b"}}, "trustedCa"),
        ({"trustedCa": {"key": ""}}, "key"),
    ],
)
def test_values_that_can_not_be_are_refused(values, said, tmp_path):
    with pytest.raises(Refused, match=re.escape(said)):
        render(tmp_path, values)


def test_every_value_is_described_and_in_the_readme():
    def paths(values: dict, told: set[str], before: str = "") -> list[str]:
        found = []
        for name, value in values.items():
            path = before + name
            deeper = isinstance(value, dict) and value and path not in told
            found += paths(value, told, f"{path}.") if deeper else [path]
        return found

    text = (CHART / "values.yaml").read_text()
    told = [path for path, _ in described(text)]
    # A whole that is described stands for its parts.
    assert sorted(paths(yaml.safe_load(text), set(told))) == sorted(told)
    check = [sys.executable, "-m", "scripts.chart_readme", "--check"]
    assert subprocess.run(check, cwd=ROOT, check=False).returncode == 0


def test_notes_say_what_is_open(tmp_path):
    file = tmp_path / "values.yaml"
    file.write_text("{}")
    notes = helm("install", "ocr", CHART, "--namespace", "docs", "--dry-run=client", "--values", file)
    assert "No API key is asked for" in notes
