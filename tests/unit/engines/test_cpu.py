from __future__ import annotations

import os
from pathlib import Path

import pytest

from engines.cpu import tune_libraries

FLAGS = "flags\t\t: fpu sse2 avx avx2 bmi1\n"


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KMP_BLOCKTIME", "MKL_DEBUG_CPU_TYPE"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("told", "kernels"),
    [
        ("vendor_id\t: AuthenticAMD\n" + FLAGS, "5"),
        ("vendor_id\t: AuthenticAMD\n" + FLAGS.replace(" avx2", ""), None),
        ("vendor_id\t: GenuineIntel\n" + FLAGS, None),
        (None, None),
    ],
)
def test_threads_sleep_on_every_processor_and_amd_gets_its_kernels(
    tmp_path: Path, told: str | None, kernels: str | None
) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    if told is not None:
        cpuinfo.write_text(told)
    tune_libraries(cpuinfo)
    assert os.environ["KMP_BLOCKTIME"] == "0"
    assert os.environ.get("MKL_DEBUG_CPU_TYPE") == kernels


def test_values_of_the_user_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("vendor_id\t: AuthenticAMD\n" + FLAGS)
    monkeypatch.setenv("KMP_BLOCKTIME", "7")
    monkeypatch.setenv("MKL_DEBUG_CPU_TYPE", "4")
    tune_libraries(cpuinfo)
    assert (os.environ["KMP_BLOCKTIME"], os.environ["MKL_DEBUG_CPU_TYPE"]) == ("7", "4")
