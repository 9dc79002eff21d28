"""Whether a document is the one that was read before."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cli.documents import Document


@dataclass(frozen=True)
class Fingerprint:
    """The state of a document when it was read; all None for an address, whose content only the server sees."""

    size: int | None = None
    mtime_ns: int | None = None
    sha256: str | None = None


def fingerprint(document: Document) -> Fingerprint:
    """The state of `document` now. Raises OSError."""
    source = document.source
    if isinstance(source, str):
        return Fingerprint()
    if isinstance(source, bytes):
        return Fingerprint(len(source), None, hashlib.sha256(source).hexdigest())
    status = source.stat()
    digest = hashlib.sha256()
    with source.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return Fingerprint(status.st_size, status.st_mtime_ns, digest.hexdigest())


def same_status(known: Fingerprint, document: Document) -> bool:
    """Whether the document is as it was, by what costs no reading of it."""
    if isinstance(document.source, str):
        return True
    if isinstance(document.source, bytes):
        return False
    status = document.source.stat()
    return (status.st_size, status.st_mtime_ns) == (known.size, known.mtime_ns)
