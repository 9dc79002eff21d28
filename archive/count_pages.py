"""Counts the pages of documents, a line of JSON each: `python -m archive.count_pages`.

A process of its own, because a document may kill it, or keep it for ever.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from typing import BinaryIO

import pypdfium2
from PIL import Image

from archive.stores import open_store

_MOST_SECONDS = 60
"""For one document."""
_MOST_BYTES = 4 << 30
"""Of memory."""


def main() -> None:
    """For each `[source, key]` of standard input its pages; null where they can't be told."""
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
    for line in sys.stdin:
        source, key = json.loads(line)
        # Without a handler: the process ends, within a library's code too.
        signal.alarm(_MOST_SECONDS)
        try:
            with open_store(source).opened(key) as file:
                count = pages(file)
        except Exception:  # noqa: BLE001 - whatever the libraries raise of a broken file
            count = None
        signal.alarm(0)
        sys.stdout.write(json.dumps(count) + "\n")
        sys.stdout.flush()


def pages(file: BinaryIO) -> int | None:
    """The pages of a PDF or a TIFF; None for what has but one, or can't be told."""
    head = file.read(1024)
    file.seek(0)
    if b"%PDF-" in head:
        with pypdfium2.PdfDocument(file) as document:
            return len(document)
    if head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        with Image.open(file) as picture:
            return getattr(picture, "n_frames", 1)
    return None


if __name__ == "__main__":
    main()
