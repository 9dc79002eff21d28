"""Real pages as encoded images, for measurements that leave rendering out."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
from PIL import Image, ImageSequence

from benchmarks.scoring import default_corpora, read_corpus

DPI = 200
JPEG_QUALITY = 92


def page_images(count: int) -> list[bytes]:
    """Pages of the default documents as JPEGs, PDFs rendered at `DPI`: from the first again where `count` is more."""
    documents = [document for folder in default_corpora() for document in read_corpus(folder)]
    pages = [_jpeg(page) for document in documents for page in _pages(document.path)]
    return list(itertools.islice(itertools.cycle(pages), count))


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
