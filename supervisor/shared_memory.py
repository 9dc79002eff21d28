"""The shared memory through which Triton and its stubs exchange tensors.

Triton removes its regions when it ends, but not when it is killed. They are found by a prefix of their names that no
other server has, kept in a file for the case that the supervisor is killed too.
"""

from __future__ import annotations

import uuid
from pathlib import Path

_FOLDER = Path("/dev/shm")  # noqa: S108 - where POSIX shared memory lies, not a temporary file of ours


class SharedMemory:
    """The regions of one Triton after another; `note` is the file that remembers the prefix."""

    def __init__(self, note: Path) -> None:
        self._note = note

    def new_prefix(self) -> str:
        """Remove what an earlier Triton left, and return the prefix for the next one."""
        self.remove()
        prefix = f"paddleocr_vl_{uuid.uuid4().hex}_"
        self._note.write_text(prefix)
        return prefix

    def remove(self) -> None:
        """Remove the regions of the last Triton, which must have ended."""
        if not self._note.exists():
            return
        if prefix := self._note.read_text():
            for region in _FOLDER.glob(f"{prefix}*"):
                region.unlink(missing_ok=True)
        self._note.unlink()
