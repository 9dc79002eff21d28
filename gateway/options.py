"""The options of a reading: the fields of PaddleOCR-VL's own HTTP API that concern a page or the joining of pages.

Names, types and ranges are those of PaddleX 3.7.2 (paddlex/inference/serving/schemas/paddleocr_vl.py). What is left out of
a request is decided by the engine.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Threshold = Annotated[float, Field(ge=0, le=1)]
Ratio = Annotated[float, Field(gt=0)]
MergeMode = Literal["large", "small", "union"]

RESTRUCTURING = frozenset({"restructurePages", "mergeTables", "relevelTitles"})
"""The options that concern the document and not a page."""


class Options(BaseModel):
    """What a request may ask of the engine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    useDocOrientationClassify: bool | None = Field(default=None, description="Turn pages upright first.")  # noqa: N815
    useDocUnwarping: bool | None = Field(default=None, description="Flatten photographed pages first.")  # noqa: N815
    useLayoutDetection: bool | None = Field(default=None, description="Find blocks first; off: the page is one block.")  # noqa: N815
    useChartRecognition: bool | None = Field(default=None, description="Read charts as tables.")  # noqa: N815
    useSealRecognition: bool | None = Field(default=None, description="Read seals.")  # noqa: N815
    useOcrForImageBlock: bool | None = Field(default=None, description="Read the text inside of pictures.")  # noqa: N815
    layoutThreshold: Threshold | dict[str, Threshold] | None = Field(
        default=None, description="Least score of a block."
    )  # noqa: N815
    layoutNms: bool | None = Field(default=None, description="Suppress overlapping blocks.")  # noqa: N815
    layoutUnclipRatio: Ratio | tuple[Ratio, Ratio] | dict[str, Any] | None = Field(
        # noqa: N815
        default=None,
        description="Widen blocks by this factor.",
    )
    layoutMergeBboxesMode: MergeMode | dict[str, MergeMode] | None = Field(
        # noqa: N815
        default=None,
        description="Which of two nested blocks stays.",
    )
    layoutShapeMode: Literal["rect", "quad", "poly", "auto"] | None = Field(
        default=None, description="Shape of blocks."
    )  # noqa: N815
    promptLabel: Literal["ocr", "formula", "table", "chart", "seal", "spotting"] | None = Field(
        # noqa: N815
        default=None,
        description="What the page is; only without layout detection.",
    )
    formatBlockContent: bool | None = Field(default=None, description="Write Markdown in `blocks` too.")  # noqa: N815
    repetitionPenalty: Ratio | None = Field(default=None, description="Of the decoder.")  # noqa: N815
    temperature: Annotated[float, Field(ge=0)] | None = Field(default=None, description="Of the decoder.")
    topP: Annotated[float, Field(gt=0, le=1)] | None = Field(default=None, description="Of the decoder.")  # noqa: N815
    minPixels: Annotated[int, Field(gt=0)] | None = Field(default=None, description="Least pixels of a block image.")  # noqa: N815
    maxPixels: Annotated[int, Field(gt=0)] | None = Field(default=None, description="Most pixels of a block image.")  # noqa: N815
    maxNewTokens: Annotated[int, Field(gt=0)] | None = Field(default=None, description="Most tokens of a block.")  # noqa: N815
    mergeLayoutBlocks: bool | None = Field(default=None, description="Join blocks that belong together.")  # noqa: N815
    markdownIgnoreLabels: list[str] | None = Field(default=None, description="Labels left out of the Markdown.")  # noqa: N815
    vlmExtraArgs: dict[str, Any] | None = Field(default=None, description="{ocr,table,…}_{min,max}_pixels.")  # noqa: N815
    prettifyMarkdown: bool | None = Field(default=None, description="Centre figures and tables by HTML (on).")  # noqa: N815
    showFormulaNumber: bool | None = Field(default=None, description="Write formula numbers (off).")  # noqa: N815
    returnMarkdownImages: bool | None = Field(default=None, description="Give the pictures with the answer (on).")  # noqa: N815
    restructurePages: bool | None = Field(
        default=None, description="Work over page breaks in documents of many pages (on)."
    )  # noqa: N815
    mergeTables: bool | None = Field(default=None, description="Join tables that run over a page break (on).")  # noqa: N815
    relevelTitles: bool | None = Field(default=None, description="Set title levels over the whole document (on).")  # noqa: N815

    def for_page(self) -> dict[str, Any]:
        """What the `ocr` model is told."""
        return self.model_dump(mode="json", exclude_none=True, exclude=set(RESTRUCTURING))

    def for_markdown(self) -> dict[str, Any]:
        """What the `restructure` model is told about how Markdown is written."""
        return self.model_dump(mode="json", exclude_none=True, include={"prettifyMarkdown", "showFormulaNumber"})
