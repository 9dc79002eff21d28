"""Landlock: a process shuts itself off from files and from other processes, and needs no privilege for it.

Linux has it since 5.13, where it is switched on (landlock(7), linux/landlock.h). Containers may use it.
"""

from __future__ import annotations

import ctypes
import os
import struct

# The system calls' numbers are the same on every machine.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_PATH_BENEATH = 1

_WRITE_FILE, _TRUNCATE = 1 << 1, 1 << 14
_REMOVE_AND_MAKE = sum(1 << bit for bit in range(4, 13))
_ABSTRACT_SOCKETS, _SIGNALS = 1 << 0, 1 << 1
_TRUNCATE_SINCE, _SCOPES_SINCE = 3, 6


def shut_off() -> bool:
    """Make and change no file but /dev/null, and reach no process but those it starts, for good; children inherit it.

    Who is inside can't look at a process outside: not at its memory, nor at its environment in /proc, not even root.
    The process must have given up new privileges, and have one thread. False where the system does not know how.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, 0, _ASK_VERSION)
    if version < 1:
        return False
    changes = _WRITE_FILE | _REMOVE_AND_MAKE | (_TRUNCATE if version >= _TRUNCATE_SINCE else 0)
    scopes = _ABSTRACT_SOCKETS | _SIGNALS if version >= _SCOPES_SINCE else 0
    # struct landlock_ruleset_attr: of files, of ports, and what is kept inside. Older systems take zeros at its end.
    attributes = struct.pack("=QQQ", changes, 0, scopes)
    rules = libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    if rules < 0:
        return False
    null = os.open(os.devnull, os.O_PATH)
    try:
        # struct landlock_path_beneath_attr
        allowed = libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", _WRITE_FILE, null), 0)
        return bool(allowed == 0 and libc.syscall(_RESTRICT_SELF, rules, 0) == 0)
    finally:
        os.close(null)
        os.close(rules)
