"""What both servers are asked: option sets whose answers must be the same."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pypdfium2
from PIL import Image

from benchmarks.parity.cases import CASES
from benchmarks.parity.sheets import CROWDED, FIRST_OF_TWO, LETTER, Sheet, sheet
from scripts.made_weights.pages import draw

SAYS_NOTHING = {"fileType": 1, "useDocOrientationClassify": False, "useDocUnwarping": False, "visualize": False}
"""What the clients in the world send with every image."""
TOKENS = 12
"""Enough for texts to differ; the parity of long ones is shown page by page (docs/parity.md)."""

# What the official server gets wrong over HTTP (see `faults`), what asks for a model that the weights here lack, and a
# photograph that lies on its side, whose pixels the gateway encodes anew.
_ELSEWHERE = (
    "threshold by class",
    "unclip ratios",
    "unclip by class",
    "merge mode by class",
    "unwarping",
    "orientation and unwarping",
    "orientation and unwarping, no layout",
    "JPEG on its side by EXIF",
)


@dataclass(frozen=True)
class Ask:
    """A document with the fields of POST /layout-parsing beside it."""

    name: str
    document: bytes
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def body(self) -> dict[str, Any]:
        """The JSON that is sent."""
        file = base64.b64encode(self.document).decode()
        return {"file": file, **SAYS_NOTHING, "maxNewTokens": TOKENS, **self.fields}


def asks() -> list[Ask]:
    """All of them, each with a name of its own."""
    return [*_of_parity(), *_drawn(), *_answered(), *_restructured(), *_clients(), *_loose(), *_wrong()]


def _of_parity() -> Iterator[Ask]:
    """The option sets of docs/parity.md, over HTTP."""
    found: dict[str, Ask] = {}
    for case in CASES:
        if "v1.6" not in case.versions or case.kind != "plain" or case.given is not None or case.name in _ELSEWHERE:
            continue
        for page in case.sheets:
            # The tokens of a case are its matter only where it says so.
            name = f"{case.name} ({page.file_name})"
            found[name] = Ask(name, page.encoded(), case.options)
    yield from found.values()


def _drawn() -> Iterator[Ask]:
    drawn = {"visualize": True}
    crowded, line = Sheet(CROWDED).encoded(), sheet("one line").encoded()
    yield Ask("drawn: boxes", crowded, {**drawn, "layoutShapeMode": "rect"})
    yield Ask("drawn: outlines", sheet("outlines").encoded(), {**drawn, "layoutShapeMode": "poly"})
    yield Ask("drawn: nothing found", sheet("blank").encoded(), drawn)
    yield Ask("drawn: no layout", line, {**drawn, "useLayoutDetection": False})
    yield Ask("drawn: spotting", line, {**drawn, "useLayoutDetection": False, "promptLabel": "spotting"})
    yield Ask("drawn: turned", Sheet(LETTER, 1).encoded(), {**drawn, "useDocOrientationClassify": True})
    large = Image.fromarray(draw(sheet("small").page)).resize((2400, 1600), Image.Resampling.NEAREST)
    yield Ask("drawn: larger than 2000 pixels", _png(large), drawn)


def _answered() -> Iterator[Ask]:
    letter = Sheet(LETTER).encoded()
    yield Ask("no pictures", letter, {"returnMarkdownImages": False})
    yield Ask("a grey TIFF", _tiff(_grey(0)), {"useLayoutDetection": False})
    yield Ask("a grey TIFF of two pages", _tiff(_grey(0), _grey(1)), {"useLayoutDetection": False})
    yield Ask("a PDF of two blank pages", _pdf((300, 200), (200.5, 400.2)), {"fileType": 0})
    yield Ask("its own logId", letter, {"logId": "mine"})
    yield Ask("a prompt beside layout detection", letter, {"promptLabel": "table"})


def _restructured() -> Iterator[Ask]:
    page = Sheet(FIRST_OF_TWO).encoded()
    for name, options in {
        "restructured": {},
        "restructured, tables as they are": {"mergeTables": False},
        "restructured, titles as they are": {"relevelTitles": False},
        "restructured, not prettified": {"prettifyMarkdown": False},
        "restructured, formula numbers": {"showFormulaNumber": True},
        "restructured, blocks formatted": {"formatBlockContent": True},
        "restructured, drawn": {"visualize": True},
    }.items():
        yield Ask(name, page, {"restructurePages": True, **options})
    two = _tiff(_grey(0), _grey(1))
    yield Ask("restructured, two pages", two, {"restructurePages": True, "useLayoutDetection": False})


def _clients() -> Iterator[Ask]:
    letter = Sheet(LETTER).encoded()
    mcp = {"useChartRecognition": True, "useSealRecognition": True}
    ragflow = {
        "returnMarkdownImages": False,
        "prettifyMarkdown": True,
        "showFormulaNumber": True,
        "formatBlockContent": True,
        "mergeLayoutBlocks": False,
        "restructurePages": False,
    }
    ignored = ["header", "header_image", "footer", "footer_image", "number", "footnote", "aside_text"]
    weknora = {
        "markdownIgnoreLabels": ignored,
        "useLayoutDetection": True,
        "useChartRecognition": False,
        "useSealRecognition": True,
        "useOcrForImageBlock": False,
        "mergeTables": True,
        "relevelTitles": True,
        "restructurePages": True,
        "layoutShapeMode": "auto",
        "promptLabel": "ocr",
        "layoutNms": True,
        "repetitionPenalty": 1,
        "temperature": 0,
        "topP": 1,
        "minPixels": 147384,
        "maxPixels": 2822400,
    }
    nothing = dict.fromkeys(
        ("useLayoutDetection", "layoutThreshold", "layoutNms", "promptLabel", "temperature", "maxPixels", "logId")
    )
    yield Ask("as paddleocr-mcp asks", letter, mcp)
    yield Ask("as RAGFlow asks", letter, ragflow)
    yield Ask("as RAGFlow asks of a PDF", _pdf((595, 842)), {**ragflow, "fileType": 0})
    yield Ask("as WeKnora asks", letter, weknora)
    yield Ask("as WeKnora asks of a PDF", _pdf((595, 842), (612, 792)), {**weknora, "fileType": 0})
    yield Ask("null is nothing", letter, nothing)


def _loose() -> Iterator[Ask]:
    """What pydantic makes of values of other types."""
    small = sheet("small").encoded()
    yield Ask("unknown fields", small, {"nobodyKnows": 1, "dpi": 300, "pages": "1"})
    yield Ask("numbers as strings", small, {"layoutThreshold": "0.9", "maxNewTokens": "5"})
    yield Ask("truth as a string", small, {"mergeLayoutBlocks": "false"})


def _wrong() -> Iterator[Ask]:
    """What both refuse, with the same status."""
    small = sheet("small").encoded()
    for name, fields in {
        "a threshold above 1": {"layoutThreshold": 1.5},
        "a negative temperature": {"temperature": -1},
        "topP of 0": {"topP": 0},
        "repetitionPenalty of 0": {"repetitionPenalty": 0},
        "an unclip ratio of 0": {"layoutUnclipRatio": 0},
        "an unknown prompt": {"promptLabel": "poem"},
        "an unknown merge mode": {"layoutMergeBboxesMode": "huge"},
        "an unknown shape": {"layoutShapeMode": "round"},
        "minPixels above maxPixels": {"minPixels": 200704, "maxPixels": 100352},
        "no tokens": {"maxNewTokens": 0},
        "an unknown format": {"outputFormats": ["odt"]},
        "an unknown fileType": {"fileType": 2},
        "a PDF that is an image": {"fileType": 0},
        "no Base64": {"file": "!!!"},
        "no file": {"file": None},
    }.items():
        yield Ask(f"refused: {name}", small, fields)


def _pdf(*sizes: tuple[float, float]) -> bytes:
    """Pages of these sizes in points, blank: in what is drawn on them the gateway's JPEG loses a little."""
    document = pypdfium2.PdfDocument.new()
    for width, height in sizes:
        document.new_page(width, height).close()
    buffer = io.BytesIO()
    document.save(buffer)
    document.close()
    return buffer.getvalue()


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _grey(number: int) -> Image.Image:
    """A grey page: coloured ones in a TIFF are encoded anew, and lose a little."""
    return Image.fromarray(draw((FIRST_OF_TWO, CROWDED)[number])).convert("L").resize((300, 400))


def _tiff(*pages: Image.Image) -> bytes:
    buffer = io.BytesIO()
    pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:])
    return buffer.getvalue()
