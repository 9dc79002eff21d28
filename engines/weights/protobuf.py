"""As much of protobuf's wire format as a look at a model's files needs."""

from __future__ import annotations

from collections.abc import Iterator

_WIDTHS = {1: 8, 5: 4}
"""Bytes of a value by wire type: fixed 64 and 32 bits. Source: protobuf.dev, "Encoding"."""


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message: number, and value.

    Raises:
        ValueError: the message ends inside a field, or is no message.
    """
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        if not key >> 3:
            raise ValueError(f"no field at byte {place}")
        kind = key & 7
        if kind == 0:
            value, place = _varint(message, place)
            yield key >> 3, value
            continue
        if kind == 2:
            width, place = _varint(message, place)
        elif kind in _WIDTHS:
            width = _WIDTHS[kind]
        else:
            raise ValueError(f"no field at byte {place}")
        if place + width > len(message):
            raise ValueError(f"it ends {place + width - len(message)} bytes too early")
        yield key >> 3, message[place : place + width]
        place += width


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """The number at a place, and the place behind it."""
    value = shift = 0
    while place < len(message) and shift < 64:
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
    raise ValueError("it ends inside a number" if place == len(message) else f"no number at byte {place}")
