"""What is compared: pages with options, for each version of PaddleOCR-VL and each kind of made weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from benchmarks.parity.sheets import CROWDED, FIGURES, FIRST_OF_TWO, LETTER, SECOND_OF_TWO, Sheet, sheet
from benchmarks.parity.texts import SHIFTS
from engines.weights.models import Version
from scripts.made_weights import Manners
from scripts.made_weights.standard_pages import STANDARD_PAGES, standard_page

Options = Mapping[str, Any]
Kind = Literal["plain", "loops"]

MANNERS: Mapping[Kind, Manners] = {"plain": Manners(), "loops": Manners(stops=0.0, repeats=1.0)}
"""How the made models write: as they like, or in circles until their tokens are used up."""
RUNS: tuple[tuple[Version, Kind], ...] = (("v1", "plain"), ("v1.5", "plain"), ("v1.6", "plain"), ("v1.6", "loops"))
V3_ONLY: tuple[Version, ...] = ("v1.5", "v1.6")
DOCUMENTS: Sequence[Options] = (
    {},
    {"mergeTables": False},
    {"relevelTitles": False},
    {"concatenatePages": True},
    {"prettifyMarkdown": False},
    {"showFormulaNumber": True},
    {"mergeTables": False, "relevelTitles": False, "concatenatePages": True, "prettifyMarkdown": False},
)
"""Options of `restructure`: its defaults, each option by itself, and several together."""
TOKENS = 24
"""max_new_tokens of cases that say nothing else: enough for texts to end by themselves or not."""


@dataclass(frozen=True)
class Case:
    """Pages that are read with the same options, in the names of the official HTTP API.

    `official` are further arguments of the official pipeline's `predict` alone. `documents` are options of
    `restructure`, each tried on the results of all pages. A case with `given` is not read by the model: crops are
    answered by `texts.given_text`, with this shift.
    """

    name: str
    sheets: tuple[Sheet, ...]
    options: Options = field(default_factory=dict)
    versions: tuple[Version, ...] = ("v1", "v1.5", "v1.6")
    kind: Kind = "plain"
    official: Options = field(default_factory=dict)
    documents: Sequence[Options] = ()
    given: int | None = None

    @property
    def title(self) -> str:
        """The name of its row in the table, which the shifts of given texts share."""
        return self.name.partition(" #")[0]

    @property
    def looping(self) -> bool:
        """Whether this server must have left a text early for its repetitions, else the case shows nothing."""
        return self.kind == "loops" and self.name.startswith("loop")

    @property
    def all_options(self) -> dict[str, Any]:
        """The options, with TOKENS where they name no other limit."""
        return {"maxNewTokens": TOKENS, **self.options}


def cases_of(version: Version, kind: Kind) -> list[Case]:
    """The cases of a run."""
    return [case for case in CASES if version in case.versions and kind == case.kind]


def _cases() -> Iterator[Case]:
    yield from _standard()
    yield from _recognition()
    yield from _layout()
    yield from _rendering()
    yield from _without_layout()
    yield from _preprocessing()
    yield from _documents()
    yield from _loops()
    yield from _given()


def _standard() -> Iterator[Case]:
    for page in STANDARD_PAGES:
        # Its crops are so large that every one takes seconds: at the official budget of pixels in one version alone.
        budget: Options = {"maxPixels": 200704} if page.name == "scan" else {}
        yield Case(f"page: {page.name}", (Sheet(page),), budget)
    yield Case("page: scan, default pixels", (sheet("scan"),), {"maxNewTokens": 8}, versions=("v1.6",))
    yield Case("figures in a table", (Sheet(FIGURES),))
    yield Case("official pipeline with its threads", (sheet("upwards"),), official={"use_queues": True})


def _recognition() -> Iterator[Case]:
    everything = {"useChartRecognition": True, "useSealRecognition": True, "useOcrForImageBlock": True}
    chart_page = (sheet("charts and seals"),)
    yield Case("charts", chart_page, {"useChartRecognition": True})
    yield Case("seals", chart_page, {"useSealRecognition": True})
    yield Case("charts, seals and pictures", (sheet("every label"), sheet("tables")), everything)
    yield Case("figures in a table, all read", (Sheet(FIGURES),), everything)
    yield Case("pixels", (sheet("small"), sheet("landscape")), {"minPixels": 12544, "maxPixels": 50176})
    budgets = {
        f"{kind}_{end}_pixels": size
        for place, kind in enumerate(("ocr", "table", "chart", "formula", "seal"))
        for end, size in (("min", 12544 * (place + 1)), ("max", 25088 * (place + 1)))
    }
    yield Case("pixels by kind", (sheet("tables"), sheet("formulas")), {**everything, "vlmExtraArgs": budgets})
    yield Case("few tokens", (sheet("small"),), {"maxNewTokens": 3})
    yield Case("default tokens", (sheet("one line"),), {"maxNewTokens": None})


def _layout() -> Iterator[Case]:
    crowded = (Sheet(CROWDED),)
    yield Case("crowded", crowded)
    yield Case("blocks not merged", (sheet("columns"), *crowded), {"mergeLayoutBlocks": False})
    yield Case("threshold", crowded, {"layoutThreshold": 0.9})
    yield Case("threshold by class", crowded, {"layoutThreshold": {"22": 0.93, "14": 0.2}})
    yield Case("overlaps suppressed", crowded, {"layoutNms": True})
    yield Case("unclip ratio", crowded, {"layoutUnclipRatio": 1.1})
    yield Case("unclip ratios", crowded, {"layoutUnclipRatio": [1.05, 1.2]})
    yield Case("unclip by class", crowded, {"layoutUnclipRatio": {"22": [1.1, 1.0], "14": [0.9, 0.9]}})
    for mode in ("large", "small", "union"):
        yield Case(f"merge mode {mode}", crowded, {"layoutMergeBboxesMode": mode})
    yield Case("merge mode by class", crowded, {"layoutMergeBboxesMode": {"22": "small", "14": "large"}})
    yield Case("outlines rect", (sheet("outlines"),), {"layoutShapeMode": "rect"})
    for shape in ("quad", "poly"):
        yield Case(f"outlines {shape}", (sheet("outlines"),), {"layoutShapeMode": shape}, versions=V3_ONLY)


def _rendering() -> Iterator[Case]:
    brief = {"maxNewTokens": 6, "maxPixels": 112896}
    article = (sheet("formulas"), Sheet(FIRST_OF_TWO))
    yield Case("Markdown not prettified", (*article, sheet("charts and seals")), {**brief, "prettifyMarkdown": False})
    yield Case("formula numbers", article, {**brief, "showFormulaNumber": True})
    yield Case("blocks formatted", article, {**brief, "formatBlockContent": True})
    yield Case("no label ignored", (sheet("every label"),), {**brief, "markdownIgnoreLabels": []})
    yield Case("labels ignored", (sheet("every label"),), {**brief, "markdownIgnoreLabels": ["text", "table"]})


def _without_layout() -> Iterator[Case]:
    for prompt in ("ocr", "formula", "table", "chart", "seal", "spotting"):
        options = {"useLayoutDetection": False, "promptLabel": prompt}
        yield Case(f"no layout, {prompt}", (sheet("one line"),), options)
    plain = {"useLayoutDetection": False}
    yield Case("no layout, no prompt", (sheet("one line"),), plain)
    yield Case("JPEG", (Sheet(standard_page("small"), format="jpeg"),), plain)
    yield Case("JPEG on its side by EXIF", (Sheet(standard_page("small"), format="photo"),), plain)


def _preprocessing() -> Iterator[Case]:
    turned = tuple(Sheet(LETTER, turns) for turns in range(4))
    orientation, unwarping = {"useDocOrientationClassify": True}, {"useDocUnwarping": True}
    yield Case("orientation", turned, orientation)
    yield Case("unwarping", (Sheet(LETTER),), unwarping)
    yield Case("orientation and unwarping", turned[1:3], {**orientation, **unwarping})
    yield Case(
        "orientation and unwarping, no layout", turned[3:], {**orientation, **unwarping, "useLayoutDetection": False}
    )


def _documents() -> Iterator[Case]:
    two = (Sheet(FIRST_OF_TWO), Sheet(SECOND_OF_TWO))
    yield Case("document", two, documents=DOCUMENTS)
    yield Case(
        "document of turned pages",
        (Sheet(LETTER, 1), Sheet(LETTER, 2)),
        {"useDocOrientationClassify": True},
        documents=DOCUMENTS[-1:],
    )
    yield Case("document of blank pages", (sheet("blank"), sheet("blank")), documents=DOCUMENTS[:1])


def _loops() -> Iterator[Case]:
    """Long enough for this server to see the loop and leave it: texts after 256 tokens, tables after 1536."""
    layout_off = {"useLayoutDetection": False}
    yield Case("loops in texts", (sheet("small"),), {"maxNewTokens": 700}, ("v1.6",), "loops")
    yield Case(
        "loop of the default length", (sheet("one line"),), {**layout_off, "maxNewTokens": None}, ("v1.6",), "loops"
    )
    yield Case(
        "loop in a table",
        (sheet("small"),),
        {**layout_off, "promptLabel": "table", "maxNewTokens": 1800},
        ("v1.6",),
        "loops",
    )
    yield Case(
        "loop in a spotting",
        (sheet("one line"),),
        {**layout_off, "promptLabel": "spotting", "maxNewTokens": 700},
        ("v1.6",),
        "loops",
    )
    yield Case("no room for a loop", (sheet("upwards"),), {"maxNewTokens": 40}, ("v1.6",), "loops")


def _given() -> Iterator[Case]:
    everything = {"useChartRecognition": True, "useSealRecognition": True, "showFormulaNumber": True}
    spotting = {"useLayoutDetection": False, "promptLabel": "spotting"}
    pages = (sheet("every label"), Sheet(FIGURES), sheet("formulas"))
    two = (Sheet(FIRST_OF_TWO), Sheet(SECOND_OF_TWO))
    for shift in range(SHIFTS):
        yield Case(f"given texts #{shift}", pages, everything, given=shift)
    for shift in range(SHIFTS):
        yield Case(f"given texts, spotting #{shift}", (sheet("one line"),), spotting, given=shift)
    for shift in range(SHIFTS):
        formatted = {"formatBlockContent": shift % 2 == 1}
        yield Case(f"given texts, document #{shift}", two, formatted, documents=DOCUMENTS, given=shift)


CASES = tuple(_cases())
