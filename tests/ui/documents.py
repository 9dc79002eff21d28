"""Documents that are read in many tests."""

from __future__ import annotations

from tests.unit.gateway.documents import A4, pdf


def three_pages() -> dict[str, object]:
    """A file of three pages, as `choose` takes it."""
    return {"name": "three.pdf", "mimeType": "application/pdf", "buffer": pdf(A4, A4, A4)}
