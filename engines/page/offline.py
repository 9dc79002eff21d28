"""PaddleX without a network: the environment that it must find before it is imported."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def forbid_downloads() -> None:
    """Keep PaddleX from probing model hosts and from writing to the home folder.

    PaddleX reads these variables while it is imported, so call this first. A cache folder that the user set stays.
    """
    os.environ["PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK"] = "True"
    os.environ["DISABLE_MODEL_SOURCE_CHECK"] = "True"
    os.environ.setdefault("PADDLE_PDX_CACHE_HOME", str(Path(tempfile.gettempdir()) / f"paddlex-{os.getuid()}"))
