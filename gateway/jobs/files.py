"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def replace(path: Path, data: bytes) -> None:
    """Write `path`, in place of what it was. Raises OSError."""
    unfinished = _written(path.parent, data)
    try:
        unfinished.rename(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def create(path: Path, data: bytes) -> bool:
    """Write `path` unless it is there already; of several who try at once one succeeds. Raises OSError."""
    unfinished = _written(path.parent, data)
    try:
        # A link, unlike a rename, does not replace; and unlike O_EXCL it shows the file whole.
        path.hardlink_to(unfinished)
    except FileExistsError:
        return False
    finally:
        unfinished.unlink(missing_ok=True)
    return True


def _written(folder: Path, data: bytes) -> Path:
    descriptor, name = tempfile.mkstemp(prefix=".", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)
