"""Makes samples/sample.pdf from pages of the synthetic corpus: `.venv/bin/python scripts/make_sample.py CORPUS`."""

from __future__ import annotations

import sys
from pathlib import Path

import pypdfium2

PAGES = ("03_en_headings_lists.pdf", "04_en_table_grid.pdf", "11_ru_single.pdf")


def main() -> None:
    """Join the first pages of PAGES, found in the folder that the command names."""
    corpus = Path(sys.argv[1])
    sample = pypdfium2.PdfDocument.new()
    for name in PAGES:
        sample.import_pages(pypdfium2.PdfDocument(corpus / name), [0])
    sample.save("samples/sample.pdf")


if __name__ == "__main__":
    main()
