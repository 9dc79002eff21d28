"""PDF pages drawn by pdfium. Runs in a rendering process only: pdfium is not thread-safe."""

from __future__ import annotations

from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_raw

from gateway.errors import BadPdf, EncryptedPdf, RenderFailed
from gateway.pages.raster import POINTS_PER_INCH, PageImage, check_drawn, encode, fit

_REOPENED_AFTER = 25
"""Pages. An open document keeps the fonts and pictures of every page drawn: 618 MB after 500 pages that share none.
Opened again every 25 pages it stays at 84 MB, for the same CPU time."""


class PdfiumDocument:
    """An open PDF. Memory stays flat over its pages."""

    def __init__(self, path: Path, max_pixels: int) -> None:
        """Raises EncryptedPdf when it asks for a password, BadPdf when it can't be opened or has no pages."""
        self._path = path
        self._max_pixels = max_pixels
        self._drawn = 0
        self._document = _open(path)
        self.page_count = len(self._document)

    def page(self, index: int, dpi: int) -> PageImage:
        """Draw the page at `index` at `dpi`, or lower where it would be too large.

        Raises PageTooLarge, and RenderFailed when pdfium does not draw it.
        """
        if self._drawn == _REOPENED_AFTER:
            self.close()
            self._document = _open(self._path)
            self._drawn = 0
        self._drawn += 1
        try:
            page = self._document[index]
        except pdfium.PdfiumError:
            raise RenderFailed("the page can't be loaded") from None
        try:
            wanted = fit(page.get_width(), page.get_height(), dpi, self._max_pixels)
            bitmap = page.render(scale=wanted.dpi / POINTS_PER_INCH, rev_byteorder=True)
            try:
                image = bitmap.to_pil()
                check_drawn(image.size, wanted)
                return PageImage(encode(image), image.width, image.height, wanted.warnings)
            finally:
                bitmap.close()
        except pdfium.PdfiumError:
            raise RenderFailed("the page can't be drawn") from None
        finally:
            page.close()

    def close(self) -> None:
        """Give the file back."""
        self._document.close()


def _open(path: Path) -> pdfium.PdfDocument:
    # pdfium fails at some files without saying why; what it said of the file before, as that it is locked, would count
    # for them too. This sets the error to FPDF_ERR_FORMAT.
    pdfium_raw.FPDF_LoadMemDocument(b"", 0, None)
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if error.err_code in (pdfium_raw.FPDF_ERR_PASSWORD, pdfium_raw.FPDF_ERR_SECURITY):
            raise EncryptedPdf("the PDF is encrypted: send it without a password", param="file") from None
        raise BadPdf("the PDF is damaged, cut short or without pages: it can't be opened", param="file") from None
    # Without it what was filled into a form's fields is not drawn.
    document.init_forms()
    return document
