"""What a document is, told by its first bytes and never by its name."""

from __future__ import annotations

from typing import Literal

from gateway.errors import EmptyFile, UnsupportedFile

Kind = Literal["pdf", "jpeg", "png", "webp", "tiff", "bmp"]

HEADER_BYTES = 1024
"""How much of a file `sniff` wants. Readers look for %PDF- in the first 1024 bytes (ISO 32000-1, H.3.4.1)."""

_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
    (b"BM", "bmp"),
)


def sniff(header: bytes) -> Kind:
    """The kind of the document that begins with `header`.

    Raises EmptyFile when there is nothing, UnsupportedFile when it is of no known kind.
    """
    if not header:
        raise EmptyFile("the document is empty: it has no bytes", param="file")
    for magic, kind in _MAGIC:
        if header.startswith(magic):
            return kind
    if header[:4] == b"RIFF" and header[8:12] == b"WEBP":
        return "webp"
    if b"%PDF-" in header[:HEADER_BYTES]:
        return "pdf"
    raise UnsupportedFile(
        "the document's content is neither PDF nor JPEG, PNG, WebP, TIFF or BMP; the file's name does not count",
        param="file",
    )
