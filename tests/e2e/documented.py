"""The command blocks of a document, run as a reader would run them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

_BLOCK = re.compile(
    r"(?P<note><!-- not run by the tests: [^>]+ -->\n)?```(?P<language>bash|python)\n(?P<code>.*?)```", re.DOTALL
)


def blocks(text: str) -> list[re.Match[str]]:
    """The blocks that are run."""
    return [found for found in _BLOCK.finditer(text) if not found["note"]]


def left_out(text: str) -> list[str]:
    """The code of those that are marked as not run."""
    return [found["code"].strip() for found in _BLOCK.finditer(text) if found["note"]]


def with_addresses(code: str, stack) -> str:
    """The block with this run's addresses in place of the default ones."""
    addresses = {
        "127.0.0.1:8081": stack.gateway_url,
        "127.0.0.1:8000": stack.triton_url,
        "127.0.0.1:8002": stack.metrics_url,
    }
    for default, url in addresses.items():
        code = code.replace(default, url.removeprefix("http://").removesuffix("/metrics"))
    return code


def run(block: re.Match[str], stack, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """What came of the block, run in `folder` with the commands of this environment on the PATH."""
    code = with_addresses(block["code"], stack)
    command = ["bash", "-euo", "pipefail", "-c", code] if block["language"] == "bash" else [sys.executable, "-c", code]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "OCR_SERVER": stack.gateway_url}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=120, check=False)
