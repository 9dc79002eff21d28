"""Archives to read: small pages with a number on each, and files that are none."""

from __future__ import annotations

import io
from collections.abc import Mapping

from PIL import Image, ImageDraw, ImageFont

from tests.unit.gateway.documents import encoded

BROKEN = {
    "broken/nonsense.pdf": b"%PDF-1.7 nothing of the kind",
    "broken/empty.png": b"",
    "broken/text.jpg": b"this is no picture",
}
"""Files that no server can read."""


def page(number: int) -> Image.Image:
    """A page that says which one it is."""
    image = Image.new("RGB", (420, 90), "white")
    ImageDraw.Draw(image).text((20, 25), f"Harbour {number}", fill="black", font=ImageFont.load_default(size=30))
    return image


def pdf(numbers: range) -> bytes:
    """A PDF of such pages."""
    first, *others = [page(number) for number in numbers]
    buffer = io.BytesIO()
    first.save(buffer, "PDF", save_all=True, append_images=others, resolution=72)
    return buffer.getvalue()


def archive(pictures: int, *long: int) -> dict[str, bytes]:
    """So many pictures and PDFs of so many pages, by their keys."""
    files = {f"2024/{number:03}.png": encoded(page(4000 + number)) for number in range(pictures)}
    for place, pages in enumerate(long):
        first = 5000 + 100 * place
        files[f"long/{place}.pdf"] = pdf(range(first, first + pages))
    return files


def expected(pictures: int, *long: int) -> set[tuple[str, int]]:
    """The pages of that archive: keys with page numbers."""
    pages = {(f"2024/{number:03}.png", 1) for number in range(pictures)}
    return pages | {(f"long/{place}.pdf", number + 1) for place, count in enumerate(long) for number in range(count)}


def size(files: Mapping[str, bytes]) -> int:
    """Bytes of all."""
    return sum(map(len, files.values()))
