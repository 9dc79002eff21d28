"""Which form of an answer a client prefers, by its Accept header (RFC 9110, 12.5.1)."""

from __future__ import annotations

from typing import Literal

Form = Literal["json", "markdown", "ndjson", "sse"]

_OTHERS: dict[Form, str] = {
    "markdown": "text/markdown",
    "ndjson": "application/x-ndjson",
    "sse": "text/event-stream",
}


def preferred(accept: str) -> Form:
    """The form that `accept` prefers; JSON where it says nothing of the others, or likes JSON as well."""
    as_json = max(_quality(accept, "application/json"), _quality(accept, "*/*"))
    best = max(_OTHERS, key=lambda form: _quality(accept, _OTHERS[form]))
    return best if _quality(accept, _OTHERS[best]) > as_json else "json"


def prefers_html(accept: str) -> bool:
    """Whether `accept` is a browser's that shows a page to a person: it likes HTML better than JSON."""
    return _quality(accept, "text/html") > max(_quality(accept, "application/json"), _quality(accept, "*/*"))


def _quality(accept: str, media_type: str) -> float:
    """The weight of exactly `media_type` in `accept`; 0 when it is not there."""
    for item in accept.lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        if name == media_type:
            weights = [parameter[2:] for parameter in parameters if parameter.startswith("q=")]
            try:
                return float(weights[0]) if weights else 1.0
            except ValueError:
                return 0.0
    return 0.0
