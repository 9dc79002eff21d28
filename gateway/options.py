"""The options of a reading: the fields of PaddleOCR-VL's own HTTP API that concern a page or the joining of pages.

Names, types and ranges are those of PaddleX 3.7.2 (paddlex/inference/serving/schemas/paddleocr_vl.py), `ifAble` apart.
What is left out of a request is decided by the engine.
"""

# The names are those of the JSON.
# ruff: noqa: N815

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Threshold = Annotated[float, Field(ge=0, le=1)]
Ratio = Annotated[float, Field(gt=0)]
MergeMode = Literal["large", "small", "union"]
Pixels = Annotated[int, Field(gt=0, le=28 * 28 * 3600)]
"""Of a block's image as the model sees it; the engines have the same bound (engines.vlm.base.MOST_PIXELS)."""

RESTRUCTURING = frozenset({"restructurePages", "mergeTables", "relevelTitles"})
"""The options that concern the document and not a page."""


class Options(BaseModel):
    """What a request may ask of the engine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    useDocOrientationClassify: bool | None = Field(default=None, description="Turn pages upright first.")
    useDocUnwarping: bool | None = Field(default=None, description="Flatten photographed pages first.")
    useLayoutDetection: bool | None = Field(default=None, description="Find blocks first; off: the page is one block.")
    useChartRecognition: bool | None = Field(default=None, description="Read charts as tables.")
    useSealRecognition: bool | None = Field(default=None, description="Read seals.")
    useOcrForImageBlock: bool | None = Field(default=None, description="Read the text inside of pictures.")
    layoutThreshold: Threshold | dict[str, Threshold] | None = Field(
        default=None, description="Least score of a block."
    )
    layoutNms: bool | None = Field(default=None, description="Suppress overlapping blocks.")
    layoutUnclipRatio: Ratio | tuple[Ratio, Ratio] | dict[str, Any] | None = Field(
        default=None,
        description="Widen blocks by this factor.",
    )
    layoutMergeBboxesMode: MergeMode | dict[str, MergeMode] | None = Field(
        default=None,
        description="Which of two nested blocks stays.",
    )
    layoutShapeMode: Literal["rect", "quad", "poly", "auto"] | None = Field(
        default=None, description="Shape of blocks."
    )
    promptLabel: Literal["ocr", "formula", "table", "chart", "seal", "spotting"] | None = Field(
        default=None,
        description="What the page is; only without layout detection.",
    )
    formatBlockContent: bool | None = Field(default=None, description="Write Markdown in `blocks` too.")
    repetitionPenalty: Ratio | None = Field(default=None, description="Of the decoder.")
    temperature: Annotated[float, Field(ge=0)] | None = Field(default=None, description="Of the decoder.")
    topP: Annotated[float, Field(gt=0, le=1)] | None = Field(default=None, description="Of the decoder.")
    minPixels: Pixels | None = Field(default=None, description="Least pixels of a block image.")
    maxPixels: Pixels | None = Field(default=None, description="Most pixels of a block image.")
    maxNewTokens: Annotated[int, Field(gt=0)] | None = Field(default=None, description="Most tokens of a block.")
    mergeLayoutBlocks: bool | None = Field(default=None, description="Join blocks that belong together.")
    markdownIgnoreLabels: list[str] | None = Field(default=None, description="Labels left out of the Markdown.")
    vlmExtraArgs: dict[str, Any] | None = Field(default=None, description="{ocr,table,…}_{min,max}_pixels.")
    prettifyMarkdown: bool | None = Field(default=None, description="Centre figures and tables by HTML (on).")
    showFormulaNumber: bool | None = Field(default=None, description="Write formula numbers (off).")
    returnMarkdownImages: bool | None = Field(default=None, description="Give the pictures with the answer (on).")
    ifAble: list[Annotated[str, Field(max_length=100)]] | None = Field(
        default=None,
        description="Names of options that are left out, with a warning, where the engine can't honour them.",
    )
    restructurePages: bool | None = Field(
        default=None, description="Work over page breaks in documents of many pages (on)."
    )
    mergeTables: bool | None = Field(default=None, description="Join tables that run over a page break (on).")
    relevelTitles: bool | None = Field(default=None, description="Set title levels over the whole document (on).")

    def for_page(self) -> dict[str, Any]:
        """What the `ocr` model is told."""
        return self.model_dump(mode="json", exclude_none=True, exclude=set(RESTRUCTURING))

    def for_markdown(self) -> dict[str, Any]:
        """What the `restructure` model is told about how Markdown is written."""
        return self.model_dump(mode="json", exclude_none=True, include={"prettifyMarkdown", "showFormulaNumber"})
