"""What Paddle's mathematics libraries must be told about the machine, before Paddle is imported."""

from __future__ import annotations

import os
from pathlib import Path


def tune_libraries(cpuinfo: Path = Path("/proc/cpuinfo")) -> None:
    """Let Paddle's libraries use all of the processor while they work, and none of it while they do not.

    Values that the user set stay.

    - `MKL_DEBUG_CPU_TYPE`: Intel's library (MKL) looks at the maker, not at what the processor can, and falls back to
      SSE on processors of AMD: on an EPYC matrix products were 2 to 5 times as fast with AVX2.
    - `KMP_BLOCKTIME`: the threads of its OpenMP spin for 200 ms after each operator that they shared, in case that
      another one comes. With a process for each model these cores belong to somebody else: two fifths of a page's CPU
      seconds went there.
    """
    os.environ.setdefault("KMP_BLOCKTIME", "0")
    if _is_amd_with_avx2(cpuinfo):
        os.environ.setdefault("MKL_DEBUG_CPU_TYPE", "5")


def _is_amd_with_avx2(cpuinfo: Path) -> bool:
    try:
        told = cpuinfo.read_text()
    except OSError:
        return False
    return "AuthenticAMD" in told and " avx2 " in told
