"""What PaddleX's server takes at /layout-parsing and /restructure-pages, made into this gateway's request.

Names, types and defaults are those of PaddleX 3.7.2 (paddlex/inference/serving/schemas/paddleocr_vl.py). Fields that it
does not know it ignores, and so they are here.
"""

# The names are those of the JSON.
# ruff: noqa: N815

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import State
from typing_extensions import Self

from gateway.compat.paddlex_errors import keep_log_id
from gateway.errors import InvalidField, UnsupportedOption
from gateway.options import Options
from gateway.pages.kinds import HEADER_BYTES, sniff
from gateway.schemas import OcrFields
from gateway.sources.fields import validate
from gateway.sources.form import Form, Parsed

PDF_DPI = 144
"""What PaddleX's servers draw PDF pages at, and clients such as RAGFlow take for granted: two pixels a point
(`PDF_RENDER_SCALE` in paddlex/utils/flags.py)."""
_PDF = 0


class DocumentFields(BaseModel):
    """What all requests to read a document have in common."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    file: str = Field(description="The document: its address (http, https), else Base64 or a data: URI.")
    fileType: Literal[0, 1] | None = Field(default=None, description="0: a PDF, 1: an image; null: its content tells.")
    logId: str | None = Field(default=None, description="Comes back with the answer.")

    def parsed(self) -> Parsed[Self]:
        """The document and the other fields."""
        bare = self.model_copy(update={"file": ""})
        if self.file[:8].lower().startswith(("http://", "https://")):
            return Parsed(bare, url=self.file)
        return Parsed(bare, file=self.file)

    def check_type(self, document: Path) -> None:
        """Raise InvalidField where `fileType` says another thing than the content of `document`."""
        if self.fileType is None:
            return
        with document.open("rb") as file:
            kind = sniff(file.read(HEADER_BYTES))
        if (kind == "pdf") != (self.fileType == _PDF):
            raise InvalidField(
                f"fileType says {'PDF' if self.fileType == _PDF else 'image'} ({self.fileType}), but the content is "
                f"{kind.upper()}: leave fileType out to have the content decide",
                param="fileType",
            )


class LayoutParsingOptions(Options):
    """What may be asked of PaddleOCR-VL by PaddleX's names."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    outputFormats: list[str] | None = Field(default=None, description="Further formats; none are made here.")
    visualize: bool | None = Field(default=None, description="Draw what was found; null: as VISUALIZE says.")

    def ocr_fields(self, pages: str | None = None) -> OcrFields:
        """The same as this gateway's own request has it. Raises UnsupportedOption, and InvalidField of `pages`."""
        _refuse(self.outputFormats)
        options = Options.model_validate(self.model_dump(include=set(Options.model_fields)))
        changes = {
            # Off by default there, and on here.
            "restructurePages": self.restructurePages or False,
            # Clients switch these on for all documents.
            "ifAble": ["useChartRecognition", "useSealRecognition"] if self.ifAble is None else self.ifAble,
        }
        return OcrFields(options=options.model_copy(update=changes), pages=pages, dpi=PDF_DPI)


class LayoutParsingRequest(DocumentFields, LayoutParsingOptions):
    """The body of POST /layout-parsing: the options stand beside the document."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class RestructuredPageFields(BaseModel):
    """A page as POST /layout-parsing answered it."""

    prunedResult: dict[str, Any]
    markdownImages: dict[str, str] | None = None


class RestructureRequest(BaseModel):
    """The body of POST /restructure-pages."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    pages: list[RestructuredPageFields] = Field(description="The pages of a document, in order.")
    mergeTables: bool | None = Field(default=True, description="Join tables that run over a page break.")
    relevelTitles: bool | None = Field(default=True, description="Set title levels over the whole document.")
    concatenatePages: bool | None = Field(default=False, description="Answer one page that holds all.")
    prettifyMarkdown: bool | None = Field(default=True, description="Centre figures and tables by HTML.")
    showFormulaNumber: bool | None = Field(default=False, description="Write formula numbers.")
    returnMarkdownImages: bool | None = Field(default=True, description="Give the pictures back.")
    outputFormats: list[str] | None = Field(default=None, description="Further formats; none are made here.")
    logId: str | None = Field(default=None, description="Comes back with the answer.")

    def options(self) -> dict[str, Any]:
        """What the `restructure` model is told; null is the default, as it is at /layout-parsing."""
        asked = self.model_dump(exclude={"pages", "returnMarkdownImages", "outputFormats", "logId"})
        return {
            name: type(self).model_fields[name].default if value is None else value for name, value in asked.items()
        }


def layout_parsing_form(state: State) -> Form[LayoutParsingRequest]:
    """How the body of POST /layout-parsing is read; `state` is the request's, which keeps the `logId`."""
    return Form(partial(_parse_layout_parsing, state))


def parse_restructure(state: State, fields: dict[str, Any]) -> RestructureRequest:
    """The body of POST /restructure-pages. Raises InvalidField, UnsupportedOption."""
    keep_log_id(fields, state)
    asked = validate(RestructureRequest, fields)
    _refuse(asked.outputFormats)
    return asked


def _parse_layout_parsing(state: State, fields: dict[str, Any]) -> Parsed[LayoutParsingRequest]:
    keep_log_id(fields, state)
    return validate(LayoutParsingRequest, fields).parsed()


def _refuse(formats: list[str] | None) -> None:
    if formats:
        raise UnsupportedOption(
            f"outputFormats: this server makes no {', '.join(formats)[:100]}; the Markdown and the blocks "
            "hold the same content",
            param="outputFormats",
        )
