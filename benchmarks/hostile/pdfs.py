"""PDFs: page boxes, trees and tables that lie, pages without an end, locked ones, and ones that want to act."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from benchmarks.hostile.cases import Case, document
from tests.unit.gateway.documents import (
    A4,
    encrypted_pdf,
    form_pdf,
    handwritten_pdf,
    nested_forms_pdf,
    pdf,
    pdf_without_pages,
    rotated_pdf,
    stream_object,
)

TEXT = "Harbour 4127"
_CATALOGUE = "<< /Type /Catalog /Pages 2 0 R >>"
_PAGES = "<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
_FONT = "/Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
_WRITTEN = stream_object(f"BT /F 36 Tf 20 80 Td ({TEXT}) Tj ET")
_DRAWING_NEVER_ENDS = ("render_failed",)


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _boxes()
    yield from _trees()
    yield from _counts()
    yield from _endless()
    yield from _damaged()
    yield from _actions()


def page(entries: str = "/MediaBox [0 0 320 200]", content: str = _WRITTEN, catalogue: str = "", *more: str) -> bytes:
    """A PDF of one page with TEXT on it, unless `content` is something else; `more` are objects from 5 on."""
    return handwritten_pdf(
        f"<< /Type /Catalog /Pages 2 0 R {catalogue} >>",
        _PAGES,
        f"<< /Type /Page /Parent 2 0 R {_FONT} /Contents 4 0 R {entries} >>",
        content,
        *more,
    )


def _boxes() -> Iterator[Case]:
    """Renderers take US letter where a box makes no sense."""
    yield document("page of A4", pdf(A4), 200, read=1)
    yield document("page with text", page(), 200, says=TEXT, read=1)
    yield document("page turned upside down", rotated_pdf(320, 200, 180), 200, read=1)
    yield document("page with a form", form_pdf(), 200, read=1)
    large = {
        "14,400 points square": "[0 0 14400 14400]",
        "14,400 points wide": "[0 0 14400 200]",
        "14,400 points high": "[0 0 200 14400]",
    }
    for name, box in large.items():
        yield document(f"page of {name}", page(f"/MediaBox {box}", stream_object("")), 200, read=1, dpi="36")
    yield document("page of 200,000 points square", pdf((200_000, 200_000)), 422, "page_too_large", "render_failed")
    senseless = {
        "zero": "[0 0 0 0]",
        "negative": "[320 200 0 0]",
        "of nothing": "null",
        "of words": "[/a /b /c /d]",
        "not a number": "[0 0 nan nan]",
        "of 1e30 points": "[0 0 1e30 1e30]",
        "of 44 digits": f"[0 0 {'9' * 44} 5]",
        "of three numbers": "[0 0 320]",
        "of itself": "3 0 R",
    }
    for name, box in senseless.items():
        yield document(f"page whose box is {name}", page(f"/MediaBox {box}"), 200, read=1)
    yield document("page without a box", page(""), 200, read=1)
    yield document("page of 1 x 1 point", page("/MediaBox [0 0 1 1]"), 422, "render_failed")
    yield document("page of 14,400 x 0.001 points", page("/MediaBox [0 0 14400 0.001]"), 422, "render_failed")
    yield document("page cropped to nothing", page("/MediaBox [0 0 320 200] /CropBox [0 0 0 0]"), 200, read=1)
    yield document(
        "page cropped outside of itself",
        page("/MediaBox [0 0 320 200] /CropBox [900 900 999 999]"),
        422,
        "render_failed",
    )
    for unit in (1000, 1_000_000, -1, 0):
        yield document(f"page whose unit is {unit}", page(f"/MediaBox [0 0 320 200] /UserUnit {unit}"), 200, says=TEXT)
    for turn in (45, -90, 999_999_999):
        yield document(f"page turned by {turn}", page(f"/MediaBox [0 0 320 200] /Rotate {turn}"), 200, read=1)


def _trees() -> Iterator[Case]:
    plain = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>"
    circles = {
        "that is its own child": ["<< /Type /Pages /Kids [2 0 R] /Count 1 >>"],
        "in a circle": ["<< /Type /Pages /Kids [3 0 R] /Count 2 >>", "<< /Type /Pages /Kids [2 0 R] /Count 2 >>"],
        "of missing pages": ["<< /Type /Pages /Kids [7 0 R 8 0 R] /Count 2 >>"],
    }
    for name, objects in circles.items():
        yield document(f"page tree {name}", handwritten_pdf(_CATALOGUE, *objects), 422, "render_failed", "bad_pdf")
    yield document("page tree without pages", pdf_without_pages(), 422, "bad_pdf")
    yield document("catalogue that is its own page tree", handwritten_pdf("<< /Pages 1 0 R >>"), 200, read=1)
    yield document("catalogue without a page tree", handwritten_pdf("<< /Type /Catalog >>"), 422, "bad_pdf")
    deep = [f"<< /Type /Pages /Kids [{number} 0 R] /Count 1 >>" for number in range(3, 2000)]
    yield document("page tree 2,000 levels deep", handwritten_pdf(_CATALOGUE, *deep, plain), 200, read=1)
    twice = "<< /Type /Pages /Kids [3 0 R 3 0 R 3 0 R] /Count 3 >>"
    yield document("page tree with one page three times", handwritten_pdf(_CATALOGUE, twice, plain), 200, read=3)
    inherited = page("/MediaBox [0 0 320 200] /Parent 3 0 R")
    yield document("page that is its own parent", inherited, 200, read=1)


def _counts() -> Iterator[Case]:
    for count in (2_000_000_000, -5, 0):
        data = handwritten_pdf(_CATALOGUE, f"<< /Type /Pages /Kids [3 0 R] /Count {count} >>", _sheet())
        yield document(f"page tree that counts {count} pages", data, 200, read=1)
    kids = " ".join(["3 0 R"] * 900_000)
    data = handwritten_pdf(_CATALOGUE, f"<< /Type /Pages /Kids [{kids}] /Count 900000 >>", _sheet())
    yield document("900,000 pages that are one", data, 422, "too_many_pages", "bad_pdf", "render_failed")
    yield document("the first page of those", data, 200, read=1, pages="1")
    yield document("60 pages where 50 are allowed", pdf(*[(72, 72)] * 60), 422, "too_many_pages")
    yield document("three pages of 60", pdf(*[(72, 72)] * 60), 200, read=3, pages="58-")


def _endless() -> Iterator[Case]:
    """The time or the memory of the process that draws must end them."""
    for levels, width in ((10, 10), (25, 3), (6, 100)):
        name = f"forms that draw {width} forms, {levels} levels deep"
        yield document(name, nested_forms_pdf(levels, width), 422, *_DRAWING_NEVER_ENDS)
    yield document("form that draws itself", nested_forms_pdf(1, 1).replace(b"/F 6 0 R", b"/F 5 0 R"), 200, read=1)
    bomb = zlib.compress(zlib.compress(b"0 0 9 9 re f " * 10_000_000, 9), 9).decode("latin-1")
    content = stream_object(bomb, "/Filter [/FlateDecode /FlateDecode]")
    yield document("130 MB of drawing in a few hundred bytes", page(content=content), 422, *_DRAWING_NEVER_ENDS)
    zeros = zlib.compress(bytes(300_000_000), 9).decode("latin-1")
    yield document("300 MB of zeros to draw", page(content=stream_object(zeros, "/Filter /FlateDecode")), 200)
    image = stream_object(
        "x", "/Type /XObject /Subtype /Image /Width 100000 /Height 100000 /ColorSpace /DeviceRGB /BitsPerComponent 8"
    )
    drawn = "/MediaBox [0 0 320 200] /Resources << /XObject << /I 5 0 R >> >>"
    yield document("picture that claims 30 GB", page(drawn, stream_object("300 0 0 180 0 0 cm /I Do"), "", image), 200)
    squares = "0 0 9 9 re f q " * 200_000
    yield document("200,000 saved states", page(content=stream_object(squares)), 200, read=1)
    yield document("100,000 arrays in arrays", page(content=stream_object("[" * 100_000)), 200, read=1)


def _damaged() -> Iterator[Case]:
    whole = page()
    for part in (0.2, 0.5):
        yield document(f"PDF cut at {part:.0%}", whole[: int(len(whole) * part)], 422, "bad_pdf", "render_failed")
    yield document("PDF whose last line is cut", whole[:-8], 200, says=TEXT)
    yield document("PDF whose trailer is cut", whole[:-30], 422, "bad_pdf")
    yield document("nothing but a PDF's head", b"%PDF-1.7\n", 422, "bad_pdf")
    yield document("PDF of nonsense", b"%PDF-1.7\n" + bytes(range(256)) * 20, 422, "bad_pdf")
    yield document("PDF behind 900 bytes of nonsense", bytes(900) + whole, 200, read=1)
    yield document("PDF behind 2,000 bytes of nonsense", bytes(2000) + whole, 415, "unsupported_file")
    yield document("locked PDF", encrypted_pdf(), 422, "encrypted_pdf")
    unknown = "<< /Filter /Standard /V 99 /R 99 /O (a) /U (b) /P 1 >>"
    locked = handwritten_pdf(_CATALOGUE, _PAGES, _sheet(), unknown, trailer="/Encrypt 4 0 R")
    yield document("PDF that says it is locked, in an unknown way", locked, 200, read=1)
    circle = whole.replace(b"trailer\n<< ", b"trailer\n<< /Prev %d " % whole.rindex(b"xref\n0"))
    yield document("cross-reference table that names itself", circle, 200, says=TEXT)
    for name, place in (("beyond the file", b"99999999"), ("negative", b"-1")):
        data = whole[: whole.rindex(b"startxref")] + b"startxref\n" + place + b"\n%%EOF\n"
        yield document(f"cross-reference table that is {name}", data, 200, says=TEXT)
    huge = whole.replace(b"xref\n0 5", b"xref\n0 2000000000")
    yield document("cross-reference table of two billion objects", huge, 200, says=TEXT)
    for name, stream in _object_streams().items():
        yield document(f"object stream {name}", stream, 422, "bad_pdf")


def _object_streams() -> dict[str, bytes]:
    """Pages kept in object streams that lie (ISO 32000-1, 7.5.7)."""
    kept = stream_object("2 0 << /Type /Pages /Kids [2 0 R] /Count 1 >>", "/Type /ObjStm /N 1 /First 4")
    many = stream_object("2 0 x", "/Type /ObjStm /N 999999999 /First 4")
    itself = stream_object("2 0 x", "/Type /ObjStm /N 1 /First 4 /Extends 3 0 R")
    return {
        name: handwritten_pdf("<< /Type /Catalog /Pages 9 0 R >>", "null", stream)
        for name, stream in {"of a circle": kept, "of a billion objects": many, "that extends itself": itself}.items()
    }


def _actions() -> Iterator[Case]:
    """None is carried out, and the page is read."""
    actions = {
        "JavaScript": "<< /S /JavaScript /JS (while (true) app.alert\\(1\\)) >>",
        "a launched program": "<< /S /Launch /F (/bin/sh) /Win << /F (cmd.exe) >> >>",
        "an address": "<< /S /URI /URI (http://secret.example/opened) >>",
        "a submitted form": "<< /S /SubmitForm /F (http://secret.example/submitted) >>",
        "a document elsewhere": "<< /S /GoToR /F (http://secret.example/other.pdf) /D [0 /Fit] >>",
        "an import": "<< /S /ImportData /F (/etc/passwd) >>",
    }
    for name, action in actions.items():
        yield document(f"PDF that opens with {name}", page(catalogue=f"/OpenAction {action}"), 200, says=TEXT)
    file = "/Names << /EmbeddedFiles << /Names [(a.exe) << /F (a.exe) /EF << /F 5 0 R >> >>] >> >>"
    yield document(
        "PDF with a file in it", page("/MediaBox [0 0 320 200]", _WRITTEN, file, stream_object("MZ")), 200, says=TEXT
    )
    xfa = "/AcroForm << /XFA (<xdp><script>xfa.host.messageBox\\(1\\)</script></xdp>) /Fields [] >>"
    yield document("PDF with an XFA form", page(catalogue=xfa), 200, says=TEXT)
    outside = stream_object("", "/F (/etc/passwd) /FFilter /FlateDecode")
    yield document("PDF whose drawing is a file of the server", page(content=outside), 200)
    font = "/Font << /F << /Type /Font /Subtype /TrueType /BaseFont /X /FontDescriptor << /Type /FontDescriptor"
    broken = f"/Resources << {font} /FontName /X /Flags 32 /FontFile2 5 0 R >> >> >> >> /MediaBox [0 0 320 200]"
    yield document("PDF with a broken font", page(broken, _WRITTEN, "", stream_object("\0\1\0\0" + "\xff" * 500)), 200)


def _sheet() -> str:
    return "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>"
