"""Triton Inference Server in `.triton`, from the wheel that carries it (no Docker).

The folder keeps the wheel as it is, and beside it what the wheel leaves to its own launcher:

    pytriton/tritonserver/bin/tritonserver
    nvidia_pytriton.libs/                     libraries of the binary
    backends/python/                          the python backend with the stub of one Python version
    perf/perf_analyzer, perf/lib/             NVIDIA's load generator (`make perf`)
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

from scripts.setup.errors import SetupError
from scripts.setup.venv import pip

TRITON = Path(".triton")
WHEEL = "nvidia-pytriton==0.7.0"
"""Triton 2.51.0. Kept out of .venv: its metadata pins other packages."""
PERF_WHEEL = "tritonclient==2.51.0"
"""The last wheel whose manylinux1 file carries a perf_analyzer that runs on Debian 12."""


def install() -> None:
    """Lay out Triton with the stub of the running Python.

    Raises:
        SetupError: the wheel can't be had, or has no stub for this Python.
    """
    _install_wheel()
    _lay_out_backend(f"{sys.version_info.major}.{sys.version_info.minor}")


def install_perf_analyzer() -> None:
    """Lay out perf_analyzer beside Triton, whose libraries it shares.

    Raises:
        SetupError: the wheel can't be had, or Triton's libraries are not as expected.
    """
    folder = TRITON / "perf"
    if _is_marked(folder, PERF_WHEEL):
        return
    print(f"installing perf_analyzer into {folder}", flush=True)
    _start_over(folder)
    with tempfile.TemporaryDirectory() as downloads:
        pip(
            "download",
            "--no-deps",
            "--only-binary=:all:",
            "--platform=manylinux1_x86_64",
            f"--dest={downloads}",
            PERF_WHEEL,
        )
        (wheel,) = Path(downloads).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            (member,) = [name for name in archive.namelist() if name.endswith("/bin/perf_analyzer")]
            program = folder / "perf_analyzer"
            program.write_bytes(archive.read(member))
            program.chmod(0o755)
    libraries = folder / "lib"
    libraries.mkdir()
    # The wheel of Triton has both, under names with a hash in them.
    for name, pattern in (("libcudart.so.12", "libcudart-*.so.12*"), ("libb64.so.0d", "libb64-*.so.0d")):
        (library,) = (TRITON / "nvidia_pytriton.libs").glob(pattern)
        (libraries / name).symlink_to(Path("../../nvidia_pytriton.libs", library.name))
    _mark(folder, PERF_WHEEL)


def _install_wheel() -> None:
    if _is_marked(TRITON, WHEEL):
        return
    print(f"installing Triton into {TRITON}", flush=True)
    _start_over(TRITON)
    pip("install", "--no-deps", "--no-compile", "--target", TRITON, WHEEL)
    _mark(TRITON, WHEEL)


def _lay_out_backend(python: str) -> None:
    """Put the stub of one Python beside the python backend's library, which starts it from there."""
    backend = TRITON / "backends/python"
    if _is_marked(backend, python):
        return
    server = TRITON / "pytriton/tritonserver"
    stub = server / "python_backend_stubs" / python / "triton_python_backend_stub"
    if not stub.exists():
        raise SetupError(f"{WHEEL} has no stub for Python {python}: {stub} is missing.")
    _start_over(backend)
    for file in (*(server / "backends/python").glob("*.so"), *(server / "backends/python").glob("*.py"), stub):
        shutil.copy(file, backend)
    _mark(backend, python)


def _start_over(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _mark(folder: Path, made_from: str) -> None:
    """Note what `folder` was made from; the note is written last, so an interrupted set-up starts over."""
    (folder / ".made-from").write_text(made_from + "\n")


def _is_marked(folder: Path, made_from: str) -> bool:
    note = folder / ".made-from"
    return note.exists() and note.read_text().strip() == made_from
