"""What Paddle's mathematics library must be told about the processor, before Paddle is imported."""

from __future__ import annotations

import os
from pathlib import Path


def allow_fast_kernels(cpuinfo: Path = Path("/proc/cpuinfo")) -> None:
    """Let Intel's library (MKL), which Paddle brings, use AVX2 on processors of AMD.

    It looks at the maker, not at what the processor can, and falls back to SSE: on an EPYC matrix products were 2 to 5
    times as fast with this variable. A value that the user set stays.
    """
    try:
        told = cpuinfo.read_text()
    except OSError:
        return
    if "AuthenticAMD" in told and " avx2 " in told:
        os.environ.setdefault("MKL_DEBUG_CPU_TYPE", "5")
