"""System packages: what the Python packages and Triton load or call, and apt does for whatever is missing."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from scripts.setup.command import run
from scripts.setup.errors import SetupError

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True)
class Need:
    """A thing that must be there, tried directly: whoever has it from elsewhere is not asked for the package."""

    what: str
    package: str
    is_met: Callable[[], bool]


def needs() -> list[Need]:
    """Return everything that the server needs from the system."""
    return [
        Need(f"libpython{PYTHON}.so.1.0 (Triton's python backend)", f"libpython{PYTHON}", _has_libpython),
        Need("ensurepip (to make .venv)", f"python{PYTHON}-venv", _has_ensurepip),
        Need("pdftoppm (PDF_RENDERER=poppler)", "poppler-utils", lambda: shutil.which("pdftoppm") is not None),
        Need("eng.traineddata (Russian pages)", "tesseract-ocr-eng", lambda: _has_tessdata("eng")),
        Need("rus.traineddata (Russian pages)", "tesseract-ocr-rus", lambda: _has_tessdata("rus")),
        Need("libGL.so.1 (OpenCV)", "libgl1", lambda: _loads("libGL.so.1")),
        Need("libglib-2.0.so.0 (OpenCV)", "libglib2.0-0", lambda: _loads("libglib-2.0.so.0")),
    ]


def needs_of_tests() -> list[Need]:
    """Return what only the tests need: a browser, Redis, Prometheus, and Ceph's RADOS Gateway, a real S3."""
    return [
        Need("chromium (the tests' browser)", "chromium", _has_chromium),
        Need("redis-server (the tests' Redis)", "redis-server", lambda: shutil.which("redis-server") is not None),
        Need("promtool (the tests' Prometheus)", "prometheus", lambda: shutil.which("promtool") is not None),
        Need("ceph-mon (the tests' S3)", "ceph-mon", lambda: shutil.which("ceph-mon") is not None),
        Need("ceph-osd (the tests' S3)", "ceph-osd", lambda: shutil.which("ceph-osd") is not None),
        Need("radosgw (the tests' S3)", "radosgw", lambda: shutil.which("radosgw") is not None),
        Need("radosgw-admin (the tests' S3)", "ceph-common", lambda: shutil.which("radosgw-admin") is not None),
    ]


def needs_of_container_tests() -> list[Need]:
    """Return what tests/containers needs, which starts a Docker engine of its own: nothing where that can't be done."""
    if os.geteuid() != 0:
        print("set-up: tests/containers will be LEFT OUT: only root can start a Docker engine", flush=True)
        return []
    return [
        Need("dockerd (the tests' Docker engine)", "docker.io", lambda: shutil.which("dockerd") is not None),
        Need("runc (the tests' Docker engine)", "runc", lambda: shutil.which("runc") is not None),
        Need("mmdebstrap (base images for tests)", "mmdebstrap", lambda: shutil.which("mmdebstrap") is not None),
    ]


def install(wanted: Iterable[Need]) -> None:
    """Install by apt what is not met.

    Raises:
        SetupError: it may not be installed from here, or is not met even then.
    """
    missing = [need for need in wanted if not need.is_met()]
    if not missing:
        return
    packages = [need.package for need in missing]
    update = ["apt-get", "update"]
    # Without recommends: tesseract-ocr-rus would bring the tesseract program, which nothing here calls.
    add = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    become_root = _become_root()
    if become_root is None or shutil.which("apt-get") is None:
        raise SetupError(
            f"missing on this machine, and neither root nor passwordless sudo with apt-get is here to install it:\n"
            f"{_listed(missing)}\n"
            f"run this, then start again:\n  sudo {shlex.join(update)} && sudo {shlex.join(add)}"
        )
    print(f"installing by apt: {' '.join(packages)}", flush=True)
    quiet = [*become_root, "env", "DEBIAN_FRONTEND=noninteractive"]
    run([*quiet, *update])
    run([*quiet, *add])
    if still := [need for need in missing if not need.is_met()]:
        raise SetupError(f"still missing after apt-get:\n{_listed(still)}")


def _become_root() -> list[str] | None:
    """Return the words in front of a command that make it root's; None where no password-free way exists."""
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n"]
    return None


def _listed(needed: Iterable[Need]) -> str:
    return "\n".join(f"  {need.what}: package {need.package}" for need in needed)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _has_libpython() -> bool:
    name = f"libpython{PYTHON}.so.1.0"
    # An interpreter built by hand (pyenv) brings its own; the supervisor then puts this folder on Triton's path.
    return Path(sysconfig.get_config_var("LIBDIR"), name).exists() or _loads(name)


def _has_chromium() -> bool:
    return any(shutil.which(program) for program in ("chromium", "chromium-browser", "google-chrome"))


def _has_ensurepip() -> bool:
    return importlib.util.find_spec("ensurepip") is not None or Path(".venv/bin/pip").exists()


def _has_tessdata(language: str) -> bool:
    named = os.environ.get("TESSDATA_PREFIX")
    # 5 on Debian 12 and Ubuntu 24.04, 4.00 on Ubuntu 22.04; the files are the same.
    folders = [Path(named)] if named else Path("/usr/share/tesseract-ocr").glob("*/tessdata")
    return any((folder / f"{language}.traineddata").exists() for folder in folders)
