"""Pages and failures, as readers leave them."""

from __future__ import annotations

from typing import Any

from archive.documents import Document
from archive.records import Failure, Page


def document(name: str = "a.pdf", version: str = "1") -> Document:
    return Document("/in", name, version, 10, f"in/{name}")


def page(of: Document, number: int, **more: Any) -> Page:
    fields: dict[str, Any] = {
        "document": of.url,
        "version": of.version,
        "page": number,
        "markdown": f"{of.key} page {number}",
        "blocks": "[]",
        "width": 10,
        "height": 20,
        "images": (),
        "warnings": (),
        "seconds": 0.5,
        "server": "http://one",
        "engine": "lite",
        "model": "tiny",
        "read_at": "2026-01-05T09:00:00+00:00",
    }
    return Page(**{**fields, **more})


def failure(of: Document, number: int | None, code: str = "engine_failure") -> Failure:
    return Failure(of.url, of.version, number, code, "it broke", "http://one", "2026-01-05T09:00:00+00:00")
