"""What a rendering process may take and do: little enough that one which a hostile file took over gains nothing.

No namespaces: containers forbid to make them, while every Linux since 3.17 lets a process filter its own system calls.
`landlock` takes what a filter of system calls can't see: paths.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import struct

_OPEN_FILES = 64
"""The document, the socket, fonts, and the pipes to poppler's programs."""

_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 22, 38
_SECCOMP_MODE_FILTER = 2
_LOAD, _EQUALS, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # of BPF, in linux/bpf_common.h
_ALLOW, _REFUSE, _KILL = 0x7FFF_0000, 0x0005_0000 | errno.EPERM, 0x8000_0000
_NUMBER_OFFSET, _ARCHITECTURE_OFFSET = 0, 4
_X32 = 0x4000_0000
"""System calls from here on are those of x86-64's other ABI, which would go round the filter."""

# Of each machine its number in linux/audit.h, and of its system calls: socket, io_uring_setup, which opens sockets too,
# ptrace, process_vm_readv, process_vm_writev and pidfd_getfd, which reach into the gateway, and open_by_handle_at, with
# which root finds files by no path.
_MACHINES = {
    "x86_64": (0xC000_003E, (41, 425, 101, 310, 311, 438, 304)),
    "aarch64": (0xC000_00B7, (198, 425, 117, 270, 271, 438, 265)),
}

_CAPABILITIES_VERSION = 0x2008_0522
_KEPT_CAPABILITIES = 1 << 1 | 1 << 2
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: root's documents may lie in folders of other users."""


def limit_resources(memory_bytes: int) -> None:
    """Bound memory and open files, and let no file be written, core dumps included; children inherit it."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def give_up_privileges() -> None:
    """Give up new privileges, and of root's all but that of reading files, for good; children inherit it.

    With CAP_SYS_PTRACE a process could look into every other one.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # struct __user_cap_header_struct, of this process, and two struct __user_cap_data_struct of 32 capabilities each:
    # the effective, the permitted, the inheritable.
    header = struct.pack("=Ii", _CAPABILITIES_VERSION, 0)
    data = ctypes.create_string_buffer(24)
    if libc.capget(header, data) == 0:
        kept = struct.unpack_from("=I", data.raw, 4)[0] & _KEPT_CAPABILITIES
        libc.capset(header, struct.pack("=6I", kept, kept, 0, 0, 0, 0))


def forbid_network() -> bool:
    """Give up sockets, and the memory of other processes, for good; children inherit it.

    New privileges must have been given up. False where the system does not know how: another kernel or machine.
    """
    machine = _MACHINES.get(os.uname().machine)
    if os.uname().sysname != "Linux" or machine is None:
        return False
    program = _program(*machine)
    code = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: how many instructions of 8 bytes, and where they are.
    filter_ = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, filter_) == 0)


def _program(architecture: int, refused: tuple[int, ...]) -> bytes:
    """A filter that refuses these system calls, and kills a process that calls by another ABI (seccomp(2))."""
    ways_out = [_instruction(_RETURN, value) for value in (_ALLOW, _REFUSE, _KILL)]
    checks = [
        _instruction(_LOAD, _ARCHITECTURE_OFFSET),
        # Jumps count from the next instruction; what follows are the number, a check of it for each, and the ways out.
        _instruction(_EQUALS, architecture, no=len(refused) + 4),
        _instruction(_LOAD, _NUMBER_OFFSET),
        _instruction(_AT_LEAST, _X32, yes=len(refused) + 2),
    ]
    checks += [_instruction(_EQUALS, call, yes=len(refused) - place) for place, call in enumerate(refused)]
    return b"".join(checks + ways_out)


def _instruction(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    """A struct sock_filter; `yes` and `no` are how many instructions are left out after a comparison."""
    return struct.pack("@HBBI", code, yes, no, value)
