"""The supervisor's environment holds the keys of all that it starts: other processes of its user are kept from it."""

from __future__ import annotations

import ctypes

_PR_SET_DUMPABLE = 4


def hide() -> None:
    """Let no process without CAP_SYS_PTRACE read this one's memory or environment in /proc.

    Programs that it starts are not hidden.
    """
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
