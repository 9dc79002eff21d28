"""JSON from strangers, within bounds: what is small on its way can be large in memory, or overturn who reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from gateway.errors import BodyTooLarge, MalformedBody

FIELDS_BYTES = 1024 * 1024
"""What a body may hold beside the document: the other fields, the frames of multipart."""
PAGES_VALUES = 4 * 1024 * 1024
"""Values of a body whose document is JSON itself: a page has some 2,000, and a value takes some 60 bytes of memory."""
_DEEPEST = 20
"""Levels of nesting; no option needs more than three."""
_DIGITS_OF_A_BIT = 0.302


def parse_json(raw: bytes, *, most_values: int = FIELDS_BYTES) -> dict[str, Any]:
    """`raw` as a JSON object that can be written as UTF-8 again.

    Raises MalformedBody, and BodyTooLarge over `most_values`.
    """
    # Each value but the first comes behind one of these, none of which is in Base64, and counting them costs nothing.
    if sum(raw.count(mark) for mark in (b"{", b"[", b",", b":")) > most_values:
        raise BodyTooLarge(f"the JSON holds more than {most_values} values, which is the most: send less at once")
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError):
        raise MalformedBody("the body is not JSON") from None
    if not isinstance(fields, dict):
        raise MalformedBody("the body must be a JSON object")
    for depth, values in enumerate(_levels(fields), 1):
        if depth > _DEEPEST:
            # What is handed on must not overturn a parser behind: Triton's dies of it.
            raise MalformedBody(f"the body is nested more than {_DEEPEST} levels deep")
        if not all(_is_text(value) for value in values if isinstance(value, str) and not value.isascii()):
            raise MalformedBody("the body holds half of a surrogate pair (\\ud800 to \\udfff), which is no text")
    return fields


def check_fields(fields: dict[str, Any], document: str) -> None:
    """Raise BodyTooLarge where `fields` without the `document` among them take more than FIELDS_BYTES."""
    if sum(_length(value) for values in _levels(fields) for value in values) - len(document) > FIELDS_BYTES:
        raise BodyTooLarge(f"the fields beside the document have more than {FIELDS_BYTES} bytes, which is the most")


def _levels(fields: dict[str, Any]) -> Iterator[list[object]]:
    """The keys and values on each level, the outermost first."""
    holders: list[Any] = [fields]
    while holders:
        values: list[object] = []
        for holder in holders:
            values += holder
            if isinstance(holder, dict):
                values += holder.values()
        yield values
        holders = [value for value in values if isinstance(value, (dict, list))]


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _length(value: object) -> int:
    """Bytes that a value takes in JSON at least."""
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode())
    return 1 + int(value.bit_length() * _DIGITS_OF_A_BIT) if isinstance(value, int) else 1
