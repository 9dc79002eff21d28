"""Which form of an answer a client prefers, by its Accept header (RFC 9110, 12.5.1)."""

from __future__ import annotations


def wants_markdown(accept: str) -> bool:
    """Whether `accept` prefers text/markdown over application/json; JSON where it says nothing of either."""
    return _quality(accept, "text/markdown") > max(_quality(accept, "application/json"), _quality(accept, "*/*"))


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
