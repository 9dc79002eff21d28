"""Real pages as encoded images, for measurements that leave rendering out."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import pypdfium2
from PIL import Image, ImageSequence

from benchmarks.scoring import read_corpus

DPI = 200
JPEG_QUALITY = 92


def page_images(folders: Sequence[Path]) -> list[bytes]:
    """Every page of the folders' documents as a JPEG, PDFs rendered at `DPI`."""
    return [_jpeg(page) for folder in folders for document in read_corpus(folder) for page in _pages(document.path)]


def _pages(path: Path) -> Iterator[Image.Image]:
    if path.suffix == ".pdf":
        with pypdfium2.PdfDocument(path) as document:
            for page in document:
                yield page.render(scale=DPI / 72).to_pil()
    else:
        with Image.open(path) as image:
            yield from ImageSequence.Iterator(image)


def _jpeg(page: Image.Image) -> bytes:
    buffer = io.BytesIO()
    page.convert("RGB").save(buffer, "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()
