"""Documents made for the tests: whole ones, and ones with a fault."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
from PIL import Image, ImageDraw

A4 = (595.0, 842.0)


def picture(size: tuple[int, int] = (120, 80), mode: str = "RGB", colour: Any = None) -> Image.Image:
    """A page with a dark mark in its upper left corner."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 4, size[1] // 4), fill="black" if colour is None else colour)
    return image if mode == "RGB" else image.convert(mode)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def tiff(*images: Image.Image, **options: Any) -> bytes:
    return encoded(images[0], "TIFF", save_all=True, append_images=list(images[1:]), **options)


def pdf(*sizes: tuple[float, float]) -> bytes:
    """A PDF of empty pages of these sizes in points; one page of A4 if none is given."""
    document = pdfium.PdfDocument.new()
    for width, height in sizes or (A4,):
        document.new_page(width, height).close()
    buffer = io.BytesIO()
    document.save(buffer)
    document.close()
    return buffer.getvalue()


def copies(path: Path, count: int) -> bytes:
    """A PDF of `count` copies of the first page of `path`, which share nothing, not even fonts."""
    document = pdfium.PdfDocument.new()
    source = pdfium.PdfDocument(path)
    for _ in range(count):
        document.import_pages(source, [0])
    buffer = io.BytesIO()
    document.save(buffer)
    document.close()
    source.close()
    return buffer.getvalue()


def handwritten_pdf(*objects: str, trailer: str = "") -> bytes:
    """A PDF of the given objects, numbered from 1, the first of them its catalogue."""
    body = b"%PDF-1.4\n"
    places = []
    for number, text in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{text}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\n"
    return body + f"{end}startxref\n{len(body)}\n%%EOF\n".encode("latin-1")


def encrypted_pdf() -> bytes:
    """A PDF whose password is not the empty one: its keys are made up."""
    keys = "/O <" + "41" * 32 + "> /U <" + "42" * 32 + ">"
    return handwritten_pdf(
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
        f"<< /Filter /Standard /V 1 /R 2 /P -4 {keys} >>",
        trailer="/Encrypt 4 0 R /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]",
    )


def pdf_without_pages() -> bytes:
    return handwritten_pdf("<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 0 >>")


def form_pdf() -> bytes:
    """A PDF whose one form field is filled in: a black square of 100 points at the lower left."""
    drawing = "0 0 0 rg 0 0 100 100 re f"
    return handwritten_pdf(
        "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] >> >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Annots [4 0 R] >>",
        "<< /Type /Annot /Subtype /Widget /FT /Tx /T (a) /Rect [0 0 100 100] /F 4 /P 3 0 R /AP << /N 5 0 R >> >>",
        f"<< /Type /XObject /Subtype /Form /BBox [0 0 100 100] /Length {len(drawing)} >>\nstream\n{drawing}\nendstream",
    )


def rotated_pdf(width: int, height: int, degrees: int) -> bytes:
    return handwritten_pdf(
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] /Rotate {degrees} >>",
    )


def nested_forms_pdf(levels: int, width: int) -> bytes:
    """A PDF of one page that draws `width` ** `levels` squares: forms that draw forms."""
    forms = [form_object("/F Do " * width, f"<< /XObject << /F {6 + level} 0 R >> >>") for level in range(levels)]
    return handwritten_pdf(
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R"
        " /Resources << /XObject << /F 5 0 R >> >> >>",
        stream_object("/F Do"),
        *forms,
        form_object("0 0 9 9 re f"),
    )


def stream_object(content: str, entries: str = "") -> str:
    return f"<< {entries} /Length {len(content)} >>\nstream\n{content}\nendstream"


def form_object(content: str, resources: str = "<< >>") -> str:
    """A form XObject of 200 points."""
    return stream_object(content, f"/Type /XObject /Subtype /Form /BBox [0 0 200 200] /Resources {resources}")
