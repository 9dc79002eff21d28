"""Reads one document through the gateway, as a first user would."""

from __future__ import annotations

from pathlib import Path

import httpx2

from supervisor.errors import SampleFailed

_SECONDS = 600.0
"""The gateway's own default for REQUEST_TIMEOUT."""


def read(gateway_url: str, document: Path) -> str:
    """Return the Markdown of a document.

    Raises:
        SampleFailed: there is no such file, or the gateway did not read it.
    """
    try:
        with document.open("rb") as file, httpx2.Client(timeout=_SECONDS, trust_env=False) as http:
            answer = http.post(f"{gateway_url}/ocr", files={"file": file}, headers={"Accept": "text/markdown"})
    except (OSError, httpx2.TransportError) as error:
        raise SampleFailed(f"the sample {document} could not be read: {error}") from error
    if not answer.is_success:
        raise SampleFailed(f"the sample {document} could not be read: {answer.status_code} {answer.text}")
    return str(answer.text)
