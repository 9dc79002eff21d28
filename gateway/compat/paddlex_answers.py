"""What PaddleX's server answers at /layout-parsing and /restructure-pages, made from a reading.

Fields that are None are left out, as there (`response_model_exclude_none`); a `prunedResult` keeps its own.
"""

# The names are those of the JSON.
# ruff: noqa: N815

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

from gateway.compat.paddlex_requests import RestructureRequest
from gateway.document import Document, Page
from gateway.triton import RestructuredPage

R = TypeVar("R")
Write = Callable[[Page, dict[str, bytes]], dict[str, str]]

INPUT = "input_img"
"""The name of the page itself among its drawings."""


class MarkdownData(BaseModel):
    """The Markdown of a page and the pictures in it, as Base64 by their names."""

    text: str
    images: dict[str, str] | None = None


class LayoutParsingResult(BaseModel):
    """One page."""

    prunedResult: dict[str, Any]
    markdown: MarkdownData
    outputImages: dict[str, str] | None = Field(default=None, description="Drawings of what was found, as Base64.")
    inputImage: str | None = Field(default=None, description="The page that was drawn on, as Base64.")


class PageSize(BaseModel):
    """Pixels of a page image."""

    width: int
    height: int


class DataInfo(BaseModel):
    """The document: `width` and `height` of an image, or `numPages` and `pages`."""

    width: int | None = None
    height: int | None = None
    numPages: int | None = None
    pages: list[PageSize] | None = None
    type: Literal["image", "pdf", "tiff"]


class LayoutParsingResults(BaseModel):
    """What was read; `dataInfo` is that of /layout-parsing alone."""

    layoutParsingResults: list[LayoutParsingResult]
    dataInfo: DataInfo | None = None


class Success(BaseModel, Generic[R]):
    """What PaddleX's servers answer when they succeed."""

    logId: str
    result: R
    errorCode: Literal[0] = 0
    errorMsg: Literal["Success"] = "Success"


class LayoutParsingAnswer(Success[LayoutParsingResults]):
    """The answer of both paths."""


def as_base64(_page: Page, pictures: dict[str, bytes]) -> dict[str, str]:
    """Pictures of a page as Base64, by their names."""
    return {name: base64.b64encode(data).decode() for name, data in pictures.items()}


def results_of(document: Document, *, images: bool, written: Write = as_base64) -> LayoutParsingResults:
    """A reading; `images`: with the pictures of its Markdown. CPU-bound where there are many.

    `written` makes the pictures of a page into text, by their names.
    """
    return LayoutParsingResults(
        layoutParsingResults=[_page(page, images=images, written=written) for page in document.pages],
        dataInfo=data_info(document),
    )


def restructured_results(asked: RestructureRequest, pages: list[RestructuredPage]) -> LayoutParsingResults:
    """The pages that came of those in `asked`, each with its own pictures, or one with all of them."""
    wanted = asked.returnMarkdownImages is not False
    given = [page.markdownImages for page in asked.pages]
    if asked.concatenatePages:
        given = [{name: data for images in given for name, data in (images or {}).items()}]
    return LayoutParsingResults(
        layoutParsingResults=[
            LayoutParsingResult(
                prunedResult=page.result,
                markdown=MarkdownData(text=page.markdown, images=images if wanted else None),
            )
            for page, images in zip(pages, given, strict=bool(pages))
        ]
    )


def data_info(document: Document) -> DataInfo:
    """The sizes of a document's pages."""
    sizes = [PageSize(width=page.width, height=page.height) for page in document.pages]
    if document.kind == "pdf":
        return DataInfo(numPages=len(sizes), pages=sizes, type="pdf")
    if document.kind == "tiff" and document.page_count > 1:
        return DataInfo(numPages=len(sizes), pages=sizes, type="tiff")
    return DataInfo(width=sizes[0].width, height=sizes[0].height, type="image")


def _page(page: Page, *, images: bool, written: Write) -> LayoutParsingResult:
    drawings = written(page, page.drawings)
    picture = drawings.pop(INPUT, None)
    return LayoutParsingResult(
        prunedResult=page.result,
        markdown=MarkdownData(text=page.markdown, images=written(page, page.images) if images else None),
        outputImages=drawings if picture else None,
        inputImage=picture,
    )
