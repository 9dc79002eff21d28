"""The container files, without an engine: what they say agrees with the rest of the project."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from engines.settings import EngineSettings
from gateway.settings import Settings as GatewaySettings
from scripts.setup.tritonserver import WHEEL
from supervisor.settings import Settings as SupervisorSettings
from tests.conftest import ROOT

FIXED_IN_IMAGES = {
    "HOST", "GATEWAY_PORT", "TRITON_URL", "OUTPUT_DIR", "JOBS_DIR",
    "TRITON_HOST", "TRITON_HTTP_PORT", "TRITON_GRPC_PORT", "TRITON_METRICS_PORT", "TRITON_DIR", "MODEL_REPOSITORY",
    "RUN_DIR", "ENGINE", "CAPACITY_TEST", "MODEL_DIR", "LITE_WEIGHTS", "TESSDATA_PREFIX",
}  # fmt: skip

BOTH = {"SHUTDOWN_TIMEOUT", "OTEL_EXPORTER_OTLP_ENDPOINT"}


def services(*files: str) -> dict:
    """The services of compose files, each with what a later file adds to it."""
    merged: dict = {}
    for file in files:
        for name, service in yaml.safe_load((ROOT / file).read_text())["services"].items():
            merged.setdefault(name, {}).setdefault("environment", {}).update(service.get("environment", {}))
    return merged


def names(settings) -> set[str]:
    return {name.upper() for name in settings.model_fields}


def test_every_setting_reaches_its_container():
    passed = services("docker-compose.yml", "docker-compose.gpu.yml")
    triton = names(EngineSettings) | names(SupervisorSettings) - names(GatewaySettings) | BOTH
    assert set(passed["gateway"]["environment"]) == names(GatewaySettings) - FIXED_IN_IMAGES
    assert set(passed["triton"]["environment"]) == triton - FIXED_IN_IMAGES


def test_the_triton_of_the_image_is_that_of_the_set_up():
    assert f"ARG TRITON_WHEEL={WHEEL}\n" in (ROOT / "Dockerfile.triton").read_text()


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Compose's package needs Python 3.11 or newer")
@pytest.mark.parametrize(
    "more",
    [
        [],
        ["docker-compose.gpu.yml"],
        ["docker-compose.gpu.yml", "deploy/compose/weights.yml"],
        ["docker-compose.gpu.yml", "deploy/compose/vlm-server.yml"],
        ["deploy/compose/triton-port.yml"],
        ["deploy/compose/keys.yml"],
    ],
)
def test_compose_takes_the_files(more):
    program = Path(sys.executable).parent / "docker-compose"
    files = [word for file in ["docker-compose.yml", *more] for word in ("--file", file)]
    done = subprocess.run(
        [program, *files, "--profile=*", "config", "--format=json"],
        cwd=ROOT, env={"WEIGHTS_DIR": "/srv/weights", "KEYS_DIR": "/srv/keys"}, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    configuration = json.loads(done.stdout)
    for name, service in configuration["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["restart"] == "unless-stopped", name
        assert int(service["mem_limit"]) > 0, name
        for port in service.get("ports", []):
            assert port["host_ip"] == "127.0.0.1", f"{name} is open to strangers unless somebody asks for it"
    assert configuration["networks"]["inside"]["internal"] is True
    assert int(configuration["services"]["triton"]["shm_size"]) >= 2**30


def test_links_of_the_deployment_documents_lead_somewhere():
    for document in (ROOT / "docs/air-gapped.md", ROOT / "deploy/wheels/README.md"):
        links = re.findall(r"\]\((?!http)([^)#]+)", document.read_text(encoding="utf-8"))
        assert [link for link in links if not (document.parent / link).exists()] == []
