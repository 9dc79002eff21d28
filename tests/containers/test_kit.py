"""The air-gap kit: what is in it, that a damaged one is refused, and that its command reads documents."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.containers.conftest import GATEWAY_IMAGE, TRITON_IMAGE
from tests.docs.pages import links


def test_the_isolated_machine_has_the_images_and_is_told_what_to_do(loaded, isolated, images):
    for image in (TRITON_IMAGE, GATEWAY_IMAGE):
        ask = ("docker", "image", "inspect", "--format={{.Id}}", image)
        assert isolated.run(*ask) == images.run(*ask)
    assert "docker-compose up -d --wait" in loaded


def test_loading_again_loads_nothing_and_keeps_the_settings(loaded, kit, isolated):
    (kit / ".env").write_text((kit / ".env").read_text() + "# mine\n")
    said = isolated.run(kit / "load.sh")
    assert said.count("there already") == 2
    assert (kit / ".env").read_text().endswith("# mine\n")


def test_a_kit_that_was_damaged_on_its_way_is_not_loaded(kit, isolated, tmp_path):
    copy = tmp_path / "kit"
    shutil.copytree(kit, copy, ignore=shutil.ignore_patterns("*.tar"))
    sums = (kit / "SHA256SUMS").read_text().splitlines(keepends=True)
    (copy / "SHA256SUMS").write_text("".join(line for line in sums if ".tar" not in line))
    file = copy / "docker-compose.yml"
    file.write_text(file.read_text().replace("internal: true", ""))
    status, said = isolated.outcome(copy / "load.sh")
    assert status == 1
    assert "docker-compose.yml: FAILED" in said
    assert "Nothing was loaded" in said


def test_a_kit_is_not_written_over_another(kit, images):
    status, said = images.outcome("deploy/airgap/make-kit.sh", "--no-build", kit)
    assert status == 1
    assert "is not empty" in said


def test_no_link_of_its_pages_is_dead(kit):
    pages = [kit / "README.md", kit / "README.ru.md", *(kit / "docs").rglob("*.md")]
    dead = [
        (page.name, link) for page in pages for link in links(page) if not (page.parent / link.split("#")[0]).exists()
    ]
    assert len(pages) > 40
    assert dead == []


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12"])
def test_its_wheels_are_all_that_the_command_needs(kit, python):
    """By uv, which resolves for a Python that is not there."""
    done = subprocess.run(
        [
            Path(sys.executable).parent / "uv", "pip", "compile", "-", "--no-config", "--no-index",
            f"--find-links={kit / 'wheels'}", f"--python-version={python}", "--python-platform=x86_64-manylinux2014",
        ],
        input="paddleocr-vl-server[cli]", text=True, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_its_command_and_its_client_read_documents(kit, product, tmp_path):
    python = tmp_path / "client/bin/python"
    environment = {"PATH": os.environ["PATH"], "PIP_CONFIG_FILE": os.devnull, "OCR_SERVER": product.url}

    def run(*command):
        return subprocess.run(
            command, cwd=kit, env=environment, capture_output=True, check=True, text=True, timeout=120
        ).stdout

    run(sys.executable, "-m", "venv", tmp_path / "client")
    run(python, "-m", "pip", "install", "--no-index", "--find-links", "wheels", "paddleocr-vl-server[cli]")
    assert "Installation Guide" in run(python.parent / "ocr", "samples/sample.pdf")
    program = "from ocr_client import Client; print(Client().read('samples/sample.pdf', pages='1').markdown)"
    assert "Installation Guide" in run(python, "-c", program)
