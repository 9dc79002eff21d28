"""PaddleX without a network: the environment that it must find before it is imported."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from pathlib import Path


def forbid_downloads() -> None:
    """Keep PaddleX from probing model hosts, from fetching the fonts of its drawings, and from the home folder.

    PaddleX reads these variables while it is imported, so call this first. A cache folder and a font that the user set
    stay: the font here has Latin, Greek and Cyrillic letters.
    """
    os.environ["PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK"] = "True"
    os.environ["DISABLE_MODEL_SOURCE_CHECK"] = "True"
    os.environ.setdefault("PADDLE_PDX_CACHE_HOME", str(Path(tempfile.gettempdir()) / f"paddlex-{os.getuid()}"))
    if (font := _font()) is not None:
        os.environ.setdefault("PADDLE_PDX_LOCAL_FONT_FILE_PATH", str(font))


def _font() -> Path | None:
    """The font that comes with OpenCV's wheel."""
    package = importlib.util.find_spec("cv2")
    font = Path(package.origin).with_name("qt") / "fonts" / "DejaVuSans.ttf" if package and package.origin else None
    return font if font and font.exists() else None
