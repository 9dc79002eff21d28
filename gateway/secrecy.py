"""The gateway's memory and environment, which hold keys, kept from other processes of its user."""

from __future__ import annotations

import ctypes

_PR_SET_DUMPABLE = 4


def hide() -> None:
    """Let no process without CAP_SYS_PTRACE read this one's memory or environment in /proc.

    Programs that it starts are not hidden. What monitoring reads (status, stat, statm, cmdline) stays open to all.
    """
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
