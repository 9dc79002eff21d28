"""What a browser is told of each answer, so that none of it is taken for something else, kept, or framed."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders

# Nothing from elsewhere, even if a script asks for it. Swagger UI and Redoc write style elements; Redoc searches in a
# worker.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def secure(headers: MutableHeaders) -> None:
    """Add to the headers of an answer; what a route has set itself stays."""
    headers.setdefault("X-Content-Type-Options", "nosniff")
    if headers.get("content-type", "").startswith("text/html"):
        headers.setdefault("Content-Security-Policy", _POLICY)
        headers.setdefault("Referrer-Policy", "no-referrer")
    # The pages and scripts of this package have an ETag, and no version in their names: kept unasked, old scripts would
    # meet new pages. Everything else tells of somebody's document, or of this moment.
    headers.setdefault("Cache-Control", "no-cache" if "etag" in headers else "no-store")
