"""PP-OCR's own /ocr, whose path is this gateway's too: what its clients send there, and what they read in the answer.

Its requests have fields that this gateway's POST /ocr refuses (`visualize`, `fileType`, …), and so can be told apart.
Its texts are lines with a confidence each; here they are blocks, and no model tells how sure it is: `rec_scores` is
empty.
"""

# The names are those of the JSON.
# ruff: noqa: N815

from __future__ import annotations

from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import State

from gateway.compat.html_tables import cells
from gateway.compat.paddlex_answers import INPUT, DataInfo, Success, Write, as_base64, data_info
from gateway.compat.paddlex_errors import OF_DOCUMENTS, keep_log_id
from gateway.compat.paddlex_requests import PDF_DPI, DocumentFields
from gateway.document import Document, Page
from gateway.errors import UnsupportedOption
from gateway.options import Options
from gateway.schemas import OcrFields, OcrRequest
from gateway.sources.fields import OCR_FORM, validate
from gateway.sources.form import Form, Parsed


class PpOcrOptions(BaseModel):
    """What may be asked of PP-OCR (PaddleX 3.7.2: paddlex/inference/serving/schemas/ocr.py)."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    useDocOrientationClassify: bool | None = None
    useDocUnwarping: bool | None = None
    useTextlineOrientation: bool | None = None
    textDetLimitSideLen: int | None = None
    textDetLimitType: str | None = None
    textDetThresh: float | None = None
    textDetBoxThresh: float | None = None
    textDetUnclipRatio: float | None = None
    textRecScoreThresh: float | None = None
    returnWordBox: bool | None = None
    visualize: bool | None = Field(default=None, description="Draw what was found; null: as VISUALIZE says.")

    def ocr_fields(self, pages: str | None = None) -> OcrFields:
        """The same as this gateway's own request has it.

        Raises UnsupportedOption where something is asked of models that are not here, and InvalidField of `pages`.
        """
        for name in sorted(_OF_ITS_MODELS):
            if getattr(self, name) not in (None, False):
                raise UnsupportedOption(f"{name}: it is of PP-OCR's models, and this server runs others", param=name)
        options = Options(
            useDocOrientationClassify=self.useDocOrientationClassify,
            useDocUnwarping=self.useDocUnwarping,
            restructurePages=False,
        )
        return OcrFields(options=options, pages=pages, dpi=PDF_DPI)


_OF_ITS_MODELS = PpOcrOptions.model_fields.keys() - {"useDocOrientationClassify", "useDocUnwarping", "visualize"}


class PpOcrRequest(DocumentFields, PpOcrOptions):
    """The body of PP-OCR's POST /ocr."""


class RecognisedText(BaseModel):
    """The texts of a page with the boxes that they stand in; `rec_scores` is empty."""

    rec_texts: list[str]
    rec_scores: list[float]
    rec_boxes: list[list[int]]


class OcrResult(BaseModel):
    """One page; its pictures are Base64, or addresses in the result of a job."""

    prunedResult: RecognisedText
    ocrImage: str | None = Field(default=None, description="The blocks that were found, drawn on the page.")
    docPreprocessingImage: str | None = Field(default=None, description="What was done to the page before, drawn.")
    inputImage: str | None = Field(default=None, description="The page that was drawn on.")


class OcrResults(BaseModel):
    """What was read."""

    ocrResults: list[OcrResult]
    dataInfo: DataInfo


class PpOcrAnswer(Success[OcrResults]):
    """The answer to PP-OCR's clients."""


def ocr_form(state: State) -> Form[OcrRequest | PpOcrRequest]:
    """How the body of POST /ocr is read, whosever it is; `state` is the request's, which learns how to tell errors."""
    return Form(partial(_parse, state), multipart=OCR_FORM.multipart, json_parts=OCR_FORM.json_parts)


def results_of(document: Document, written: Write = as_base64) -> OcrResults:
    """A reading as PP-OCR's clients read it; `written` makes the pictures of a page into text, by their names."""
    return OcrResults(ocrResults=[_page(page, written) for page in document.pages], dataInfo=data_info(document))


def _parse(state: State, fields: dict[str, Any]) -> Parsed[OcrRequest] | Parsed[PpOcrRequest]:
    if not _is_pp_ocr(fields):
        return OCR_FORM.parse(fields)
    state.dialect = OF_DOCUMENTS
    keep_log_id(fields, state)
    return validate(PpOcrRequest, fields).parsed()


def _is_pp_ocr(fields: dict[str, Any]) -> bool:
    """Whether a body is certainly not this gateway's own: it has fields of PP-OCR's, and none of ours."""
    ours, theirs = (set(model.model_fields) - {"file"} for model in (OcrRequest, PpOcrRequest))
    return bool(fields.keys() & theirs) and not fields.keys() & ours


def _page(page: Page, written: Write) -> OcrResult:
    drawings = written(page, page.drawings)
    return OcrResult(
        prunedResult=_texts(page),
        ocrImage=drawings.get("layout_det_res"),
        docPreprocessingImage=drawings.get("preprocessed_img"),
        inputImage=drawings.get(INPUT),
    )


def _texts(page: Page) -> RecognisedText:
    blocks = [block for block in page.result["parsing_res_list"] if block["block_content"].strip()]
    return RecognisedText(
        rec_texts=[_plain(block["block_content"]) for block in blocks],
        rec_scores=[],
        rec_boxes=[[int(value) for value in block["block_bbox"]] for block in blocks],
    )


def _plain(content: str) -> str:
    """A block's text; a table as lines, its cells parted by tabs."""
    if "<table" not in content:
        return content
    return "\n".join("\t".join(row) for row in cells(content))
