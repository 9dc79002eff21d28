"""What every made folder says about itself."""

from __future__ import annotations

from pathlib import Path

NOTICE_FILE = "MADE_WEIGHTS.txt"
NOTICE_KEY = "made_weights"
"""A key in `config.json` and `inference.yml` that PaddleX and transformers ignore."""
NOTICE = "Random numbers in the official format, made by scripts.made_weights for tests: they read nothing."


def write_notice(folder: Path, how: str) -> None:
    """Leave a notice in the folder; `how` tells with which arguments it was made."""
    (folder / NOTICE_FILE).write_text(f"{NOTICE}\n{how}\n", encoding="utf-8")
