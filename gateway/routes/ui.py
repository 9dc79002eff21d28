"""GET /ui: the page for people, all of it from this package. Its sources are in ui/, see ui/README.md."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

_PAGE = Path(__file__).parent.parent / "static" / "ui" / "index.html"
# A document is a stranger: even if a script of his came past the page's own cleaning, it would not run, and would
# reach nobody. Blobs and data: URIs are the pictures of documents.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types dompurify"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}

router = APIRouter(include_in_schema=False)


@router.get("/ui")
async def page() -> FileResponse:
    """The page to try a document on."""
    return FileResponse(_PAGE, headers=_HEADERS)
