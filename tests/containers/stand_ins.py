"""Base images made on this machine, which can pull none: stand-ins for python:3.11-slim and for NVIDIA's Triton.

A Debian or Ubuntu with its own Python takes the place of the official image; Triton is the one that the lite target
takes out of a wheel. They carry this machine's pip configuration and certificates, which the product's images must not.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import tempfile
from pathlib import Path

from tests.containers.engine import Engine

PYTHON = "stand-in/python"
NVIDIA = "stand-in/nvidia-triton"
WEIGHTS = "stand-in/weights"

_DEBIAN = "stand-in/debian"
_PACKAGES = "ca-certificates,python3,python3-venv"
_PYTHON_DOCKERFILE = f"""
FROM {_DEBIAN}
COPY files /
RUN version="$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')" \\
    && apt-get update && apt-get install --yes --no-install-recommends "libpython$version" \\
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
"""
_OF_THE_MACHINE = ("/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt")


def make_python(engine: Engine, cache: Path) -> None:
    """Make PYTHON; the packages of its system are kept in `cache` as long as the release and the list stay the same."""
    system = platform.freedesktop_os_release()
    codename = system["VERSION_CODENAME"]
    digest = hashlib.sha256(f"{codename} {_PACKAGES}".encode()).hexdigest()[:12]
    archive = cache / f"{codename}-{digest}.tar"
    if not archive.exists():
        draft = archive.with_suffix(".draft.tar")
        engine.run(
            "mmdebstrap", "--quiet", "--variant=minbase", f"--include={_PACKAGES}", codename, draft, *_apt_sources()
        )
        draft.replace(archive)
    if engine.outcome("docker", "image", "inspect", f"{_DEBIAN}:{digest}")[0] != 0:
        engine.run("docker", "import", archive, f"{_DEBIAN}:{digest}")
    engine.run("docker", "tag", f"{_DEBIAN}:{digest}", _DEBIAN)
    with tempfile.TemporaryDirectory() as context:
        for name in filter(os.path.exists, _OF_THE_MACHINE):
            copy = Path(context, "files", name.lstrip("/"))
            copy.parent.mkdir(parents=True)
            shutil.copy(name, copy)
        Path(context, "files").mkdir(exist_ok=True)
        Path(context, "Dockerfile").write_text(_PYTHON_DOCKERFILE)
        engine.run("docker", "build", "--network=host", f"--tag={PYTHON}", context)


def make_nvidia(engine: Engine) -> None:
    """Make NVIDIA: PYTHON with the same Triton as the lite target, where NVIDIA's image has it."""
    engine.run(
        "docker", "build", "--network=host", "--file=Dockerfile.triton", "--target=lite-triton",
        f"--build-arg=CPU_BASE_IMAGE={PYTHON}", "--tag=stand-in/wheel", ".",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as context:
        Path(context, "Dockerfile").write_text(
            f"FROM stand-in/wheel AS wheel\nFROM {PYTHON}\nCOPY --from=wheel /opt/tritonserver /opt/tritonserver\n"
        )
        engine.run("docker", "build", f"--tag={NVIDIA}", context)


def make_weights_image(engine: Engine, weights: Path, tag: str = WEIGHTS) -> None:
    """Make an image that has `weights` where the official offline images have theirs."""
    with tempfile.TemporaryDirectory() as context:
        shutil.copytree(weights, Path(context, "official_models"))
        Path(context, "Dockerfile").write_text(
            "FROM scratch\nCOPY official_models /home/paddleocr/.paddlex/official_models\n"
        )
        engine.run("docker", "build", f"--tag={tag}", context)


def _apt_sources() -> list[Path]:
    """The files that name this machine's mirrors."""
    folder = Path("/etc/apt/sources.list.d")
    distribution = [folder / name for name in ("debian.sources", "ubuntu.sources") if (folder / name).exists()]
    return distribution or [Path("/etc/apt/sources.list")]
