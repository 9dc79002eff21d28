"""Pages of the parity cases as image files."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from scripts.made_weights.pages import Page, Panel, draw, encode
from scripts.made_weights.standard_pages import standard_page

HEAD = (30, 60, 90)
"""Colour of the dark head by which the made orientation model tells where the top of a page is; of no panel."""
JPEG_QUALITY = 90
_EXIF_ORIENTATION, _TURNED_LEFT = 0x0112, 8


@dataclass(frozen=True)
class Sheet:
    """A drawn page as a file: turned to the left by so many quarters, in a format.

    A "photo" is a JPEG whose EXIF tag says that it lies on its side; no made layout model finds panels in a JPEG.
    """

    page: Page
    turns: int = 0
    format: Literal["png", "jpeg", "photo"] = "png"

    @property
    def file_name(self) -> str:
        """A name that no other sheet has."""
        suffix = "png" if self.format == "png" else "jpg"
        return f"{self.page.name}-{self.turns}-{self.format}.{suffix}".replace(" ", "-")

    def encoded(self) -> bytes:
        """The file's bytes."""
        image = draw(self.page)
        if self.page is LETTER:
            image[: self.page.height // 4] = HEAD
        image = np.ascontiguousarray(np.rot90(image, self.turns))
        if self.format == "png":
            return encode(image)
        exif = Image.Exif()
        if self.format == "photo":
            exif[_EXIF_ORIENTATION] = _TURNED_LEFT
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, "JPEG", quality=JPEG_QUALITY, exif=exif)
        return buffer.getvalue()


def sheet(name: str) -> Sheet:
    """A standard page as it is."""
    return Sheet(standard_page(name))


LETTER = Page(
    "letter",
    700,
    960,
    (
        Panel("doc_title", (60, 260, 640, 310), 0),
        Panel("text", (60, 330, 640, 470), 1),
        Panel("table", (60, 500, 640, 700), 2),
        Panel("image", (60, 740, 300, 900), 3),
    ),
)
"""A page with a dark head."""

CROWDED = Page(
    "crowded",
    800,
    900,
    (
        Panel("text", (40, 40, 760, 300), 0),
        Panel("text", (80, 60, 600, 200), 1),
        Panel("paragraph_title", (60, 220, 500, 280), 2),
        Panel("image", (40, 330, 600, 700), 3),
        Panel("text", (100, 400, 500, 640), 4),
        Panel("display_formula", (120, 420, 460, 520), 5),
        Panel("text", (560, 600, 760, 860), 6),
        Panel("text", (500, 560, 700, 820), 7),
        # So much over each other that one is suppressed.
        Panel("text", (40, 720, 400, 870), 8),
        Panel("text", (54, 734, 388, 858), 9),
    ),
)
"""Panels in and over each other: what the layout options decide between."""

FIGURES = Page(
    "figures in a table",
    900,
    700,
    (
        Panel("table", (40, 40, 860, 660), 0),
        *(
            Panel(
                label,
                (80 + 260 * (place % 3), 90 + 280 * (place // 3), 260 + 260 * (place % 3), 290 + 280 * (place // 3)),
                place + 1,
            )
            for place, label in enumerate(("image", "chart", "image", "seal", "image", "image"))
        ),
    ),
)

FIRST_OF_TWO = Page(
    "first of two",
    700,
    700,
    (
        Panel("doc_title", (60, 40, 640, 100), 0),
        Panel("paragraph_title", (60, 130, 500, 180), 1),
        Panel("text", (60, 200, 640, 330), 2),
        Panel("display_formula", (60, 350, 500, 410), 3),
        Panel("formula_number", (540, 355, 630, 405), 4),
        Panel("table", (60, 430, 640, 670), 5),
    ),
)
SECOND_OF_TWO = Page(
    "second of two",
    700,
    700,
    (
        Panel("table", (60, 40, 640, 280), 0),
        Panel("paragraph_title", (60, 310, 500, 350), 1),
        Panel("paragraph_title", (60, 370, 440, 400), 2),
        Panel("image", (60, 420, 400, 560), 3),
        Panel("text", (60, 580, 640, 670), 4),
    ),
)
"""A document of two pages, with a table before and behind the break."""
