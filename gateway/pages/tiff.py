"""How many pages a TIFF has, told by its chain of directories alone (TIFF 6.0, section 2; BigTIFF the same in 64 bits).

Pillow reads every directory whole to count them, and looks through all it has seen at each: a file of a few megabytes
can keep it busy for hours.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from gateway.errors import BadImage

MOST_PAGES = 10_000
"""Directories; more are in no scan, and a hostile file holds millions."""


def count_pages(path: Path) -> int:
    """The number of directories, at least 1.

    Raises BadImage when the chain leaves the file, runs in a circle, or has more than MOST_PAGES.
    """
    with path.open("rb") as file:
        order, big = _form(file.read(8))
        count, entry, place = ("Q", 20, "Q") if big else ("H", 12, "I")
        file.seek(8 if big else 4)
        size = path.stat().st_size
        seen: set[int] = set()
        at = _read(file, order + place)
        while at:
            if at in seen:
                raise BadImage("the TIFF is damaged: its pages follow each other in a circle")
            seen.add(at)
            if len(seen) > MOST_PAGES:
                raise BadImage(f"the TIFF has more than {MOST_PAGES} pages: split it")
            if at > size:
                raise _damaged()
            file.seek(at)
            entries = _read(file, order + count)
            if entries * entry > size:
                raise _damaged()
            file.seek(entries * entry, 1)
            at = _read(file, order + place)
    if not seen:
        raise _damaged()
    return len(seen)


def _form(header: bytes) -> tuple[str, bool]:
    """The byte order, as `struct` writes it, and whether offsets have 64 bits."""
    order = "<" if header[:2] == b"II" else ">"
    return order, header[2:4] in (b"+\0", b"\0+")


def _read(file: BinaryIO, form: str) -> int:
    data = file.read(struct.calcsize(form))
    if len(data) < struct.calcsize(form):
        raise _damaged()
    value: int = struct.unpack(form, data)[0]
    return value


def _damaged() -> BadImage:
    return BadImage("the TIFF image is damaged or cut short: it can't be decoded")
