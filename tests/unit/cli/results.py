"""Results as the server would give them."""

from __future__ import annotations

from typing import Any

from ocr_client import Page, PageError, Result, Saved, Usage

FAILURE = PageError(page=1, type="engine_error", code="engine_failure", message="page 2: it broke")


def result(markdown: str = "text\n", images: dict[str, bytes] | None = None, **more: Any) -> Result:
    page = Page(index=0, width=1, height=1, markdown=markdown, blocks=(), images=images or {})
    fields: dict[str, Any] = {"warnings": (), "errors": (), **more}
    usage = Usage(pages=1, tokens=1, seconds=0.1)
    return Result(
        id="one", engine="lite", model="tiny", markdown=markdown, pages=(page,), usage=usage, saved=Saved(), **fields
    )
