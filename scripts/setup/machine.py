"""What can't be installed: the kind of machine that Triton's binary runs on."""

from __future__ import annotations

import platform
import sys

from scripts.setup.errors import SetupError

GLIBC = (2, 34)
"""The oldest C library that the stubs of the python backend load with: Debian 12, Ubuntu 22.04."""


def check() -> None:
    """Compare this machine with what Triton's binary was built for.

    Raises:
        SetupError: another system, processor or an older C library.
    """
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise SetupError(
            f"Triton's binary is for Linux on x86-64; this is {platform.system()} on {platform.machine()}."
        )
    library, version = platform.libc_ver()
    if library != "glibc" or tuple(map(int, version.split("."))) < GLIBC:
        raise SetupError(
            f"Triton's binary needs glibc {GLIBC[0]}.{GLIBC[1]} or newer (Debian 12, Ubuntu 22.04); "
            f"this machine has {library or 'another C library'} {version}."
        )
