"""Starts the product, reads one document through it, and leaves what became of it in `answer.json`.

    python -m tests.e2e.read_one DOCUMENT FOLDER

Triton is started without the supervisor's look at the weights: what is wrong with them the engines must say.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import httpx2 as httpx

from supervisor.errors import StartFailed
from tests.product import running

_LINGER_SECONDS = 5
"""Libraries report late, from threads of their own."""


def main(document: Path, folder: Path) -> None:
    """Read the document, or note why the product did not start."""
    try:
        with running(folder) as stack:
            told = _read(document, stack.gateway_url)
            time.sleep(_LINGER_SECONDS)
    except StartFailed as error:
        told = {"failure": str(error)}
    (folder / "answer.json").write_text(json.dumps(told), encoding="utf-8")


def _read(document: Path, url: str) -> dict[str, Any]:
    answer = httpx.post(f"{url}/ocr", files={"file": document.read_bytes()}, timeout=120)
    abroad = httpx.post(f"{url}/ocr", json={"url": "http://known-to-nobody.example/a.pdf"}, timeout=60)
    return {"status": answer.status_code, "answer": answer.json(), "url_status": abroad.status_code}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
