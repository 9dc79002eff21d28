"""PDF pages drawn by poppler, through pdf2image: slower than pdfium, and good at other files.

Runs in a rendering process only.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pdf2image
from pdf2image.exceptions import PDFInfoNotInstalledError, PDFPageCountError, PDFPopplerTimeoutError, PDFSyntaxError

from gateway.errors import BadPdf, EncryptedPdf, RenderFailed
from gateway.pages.raster import PageImage, check_drawn, encode, fit

_SIZE = re.compile(r"([\d.]+) x ([\d.]+) pts")


def installed() -> bool:
    """Whether poppler's programs are on the PATH."""
    return shutil.which("pdfinfo") is not None and shutil.which("pdftoppm") is not None


class PopplerDocument:
    """A PDF that poppler can open. Each page is a process of its own, so nothing is kept between pages."""

    def __init__(self, path: Path, max_pixels: int) -> None:
        """Raises EncryptedPdf when it asks for a password, BadPdf when it can't be opened or has no pages."""
        self._path = path
        self._max_pixels = max_pixels
        self.page_count = int(self._info()["Pages"])
        if self.page_count < 1:
            raise BadPdf("the PDF has no pages", param="file")

    def page(self, index: int, dpi: int) -> PageImage:
        """Draw the page at `index` at `dpi`, or lower where it would be too large.

        Raises PageTooLarge, and RenderFailed when poppler does not draw it.
        """
        number = index + 1
        wanted = fit(*self._size(number), dpi, self._max_pixels)
        try:
            images = pdf2image.convert_from_path(
                self._path, dpi=wanted.dpi, first_page=number, last_page=number, use_cropbox=True
            )
        except (PDFSyntaxError, PDFPageCountError, PDFPopplerTimeoutError, OSError):
            raise RenderFailed("the page can't be drawn") from None
        if len(images) != 1:
            raise RenderFailed("the page can't be drawn")
        image = images[0].convert("RGB")
        check_drawn(image.size, wanted)
        return PageImage(encode(image), image.width, image.height, wanted.warnings)

    def close(self) -> None:
        """Nothing is held open."""

    def _info(self, number: int | None = None) -> dict[str, Any]:
        try:
            info: dict[str, Any] = pdf2image.pdfinfo_from_path(self._path, first_page=number, last_page=number)
        except PDFPageCountError as error:
            if "password" in str(error).lower():
                raise EncryptedPdf("the PDF is encrypted: send it without a password", param="file") from None
            raise BadPdf("the PDF is damaged, cut short or without pages: it can't be opened", param="file") from None
        except PDFInfoNotInstalledError:
            raise RenderFailed("poppler is not installed on the server, so only pdfium can draw pages") from None
        return info

    def _size(self, number: int) -> tuple[float, float]:
        """Width and height of a page in points, upright."""
        info = self._info(number)
        found = _SIZE.search(str(info.get(f"Page {number:4} size", "")))
        if found is None:
            raise RenderFailed("the page has no readable size")
        width, height = float(found[1]), float(found[2])
        turned = int(float(info.get(f"Page {number:4} rot", 0))) % 180 == 90
        return (height, width) if turned else (width, height)
