"""What Mistral's API takes at /v1/ocr, made into this gateway's request.

Names and types are those of the SDK (`mistralai.client.models.OCRRequest`, 3.7.0). What this server can't give is
refused, as is what it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, NonNegativeInt, Tag

from gateway.errors import InvalidField, UnsupportedOption
from gateway.options import Options
from gateway.page_ranges import PageRanges
from gateway.schemas import OcrFields
from gateway.sources.fields import validate
from gateway.sources.form import Form, Parsed

_RANGE = re.compile(r"\s*(\d{1,9})\s*(?:-\s*(\d{1,9})\s*)?", re.ASCII)
_LONGEST = 10_000
"""Characters, or numbers, of `pages`."""
_HEADERS = ("header", "header_image")
_FOOTERS = ("footer", "footer_image", "number")
_CANT: dict[str, str] = {
    "bbox_annotation_format": "no model here annotates pictures",
    "document_annotation_format": "no model here annotates documents: ask one with the Markdown",
    "document_annotation_prompt": "no model here annotates documents: ask one with the Markdown",
    "confidence_scores_granularity": "the model gives no confidence of what it reads",
}
"""What Mistral's API offers and this server does not, and why."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


# Of each union the member is chosen before it is checked, so that what is wrong is told of this one.
PageIndex = Annotated[int, Field(ge=0, lt=10**9)]
Pages = Annotated[
    Annotated[str, Field(max_length=_LONGEST), Tag("str")]
    | Annotated[list[PageIndex], Field(max_length=_LONGEST), Tag("list")],
    Discriminator(lambda value: "list" if isinstance(value, list) else "str"),
]


class DocumentUrl(_Strict):
    """A document by its address, or as a data: URI."""

    type: Literal["document_url"] = "document_url"
    document_url: str
    document_name: str | None = None


class ImageAddress(_Strict):
    """Where an image is; `detail` is of chat models."""

    url: str
    detail: str | None = None


class ImageUrl(_Strict):
    """An image by its address, or as a data: URI."""

    type: Literal["image_url"] = "image_url"
    image_url: Annotated[
        Annotated[str, Tag("str")] | Annotated[ImageAddress, Tag("ImageAddress")],
        Discriminator(lambda value: "ImageAddress" if isinstance(value, (Mapping, ImageAddress)) else "str"),
    ]


class UploadedFile(_Strict):
    """A file of Mistral's file API, which this server does not have."""

    type: Literal["file"] = "file"
    file_id: str


_BY_TYPE = {"document_url": "DocumentUrl", "image_url": "ImageUrl", "file": "UploadedFile"}
_BY_FIELD = {"document_url": "DocumentUrl", "image_url": "ImageUrl", "file_id": "UploadedFile"}


def _document_model(value: object) -> str | None:
    """The name of the model of a `document`: by its `type`, else by the field that is there; None where neither tells.

    An instance, which is checked no more, is of its own.
    """
    if not isinstance(value, Mapping):
        return type(value).__name__
    kind = value.get("type")
    if isinstance(kind, str):
        return _BY_TYPE.get(kind)
    return next((model for name, model in _BY_FIELD.items() if name in value), None)


Document = Annotated[
    Annotated[DocumentUrl, Tag("DocumentUrl")]
    | Annotated[ImageUrl, Tag("ImageUrl")]
    | Annotated[UploadedFile, Tag("UploadedFile")],
    Discriminator(
        _document_model,
        custom_error_type="document",
        custom_error_message="neither its type nor its fields tell which it is",
    ),
]


class MistralRequest(_Strict):
    """The body of POST /v1/ocr."""

    model: str | None = Field(default=None, description="Any; the one that this server runs reads.")
    id: str | None = Field(default=None, description="Of no effect.")
    document: Document = Field(description="document_url or image_url, with an address (http, https) or a data: URI.")
    pages: Pages | None = Field(
        default=None, description='Pages to read, counted from 0: [0, 2] or "0,2-4".', examples=["0,2-4"]
    )
    include_image_base64: bool | None = Field(default=None, description="Give the pictures with the answer.")
    image_limit: NonNegativeInt | None = Field(default=None, description="Most pictures of the document.")
    image_min_size: NonNegativeInt | None = Field(default=None, description="Least width and height of a picture.")
    table_format: Literal["markdown", "html"] | None = Field(
        default=None, description="Give tables apart, in this format; null: as HTML in the Markdown."
    )
    extract_header: bool | None = Field(default=None, description="Give page headers apart.")
    extract_footer: bool | None = Field(default=None, description="Give page footers and page numbers apart.")
    include_blocks: bool | None = Field(
        default=True, description="Give the blocks of each page with their places; null: as if left out."
    )
    bbox_annotation_format: Any = Field(default=None, description="Refused.")
    document_annotation_format: Any = Field(default=None, description="Refused.")
    document_annotation_prompt: Any = Field(default=None, description="Refused.")
    confidence_scores_granularity: Any = Field(default=None, description="Refused.")

    def ocr_fields(self) -> OcrFields:
        """The same as this gateway's own request has it, `pages` apart."""
        left_out = [*(_HEADERS if self.extract_header else ()), *(_FOOTERS if self.extract_footer else ())]
        # Pages are answered one by one, and `![](name)` is the form in which pictures are found again.
        options = Options(markdownIgnoreLabels=left_out, prettifyMarkdown=False, restructurePages=False)
        return OcrFields(options=options)

    def page_ranges(self) -> PageRanges:
        """The pages to read. Raises InvalidField where `pages` are none."""
        ranges = _ranges(self.pages) if self.pages is not None else [(0, None)]
        return PageRanges(
            tuple((first + 1, None if last is None else last + 1) for first, last in ranges), counted_from=0
        )


def header_of(blocks: list[dict[str, Any]]) -> str | None:
    """The text of a page's header, from its blocks."""
    return _text_of(blocks, _HEADERS)


def footer_of(blocks: list[dict[str, Any]]) -> str | None:
    """The text of a page's footer, its number included, from its blocks."""
    return _text_of(blocks, _FOOTERS)


def _text_of(blocks: list[dict[str, Any]], labels: tuple[str, ...]) -> str | None:
    texts = (block["block_content"].strip() for block in blocks if block["block_label"] in labels)
    return "\n".join(filter(None, texts)) or None


def _parse(fields: dict[str, Any]) -> Parsed[MistralRequest]:
    asked = validate(MistralRequest, fields)
    for name, why in _CANT.items():
        if getattr(asked, name) is not None:
            raise UnsupportedOption(f"{name}: {why}", param=name)
    address = _address(asked)
    if address[:5].lower() == "data:":
        return Parsed(asked, file=address)
    return Parsed(asked, url=address)


MISTRAL_FORM = Form(_parse)
"""The body of POST /v1/ocr."""


def _address(asked: MistralRequest) -> str:
    document = asked.document
    if isinstance(document, DocumentUrl):
        return document.document_url
    if isinstance(document, UploadedFile):
        raise UnsupportedOption(
            "document: this server keeps no files; send the document itself, as a data: URI in document_url",
            param="document",
        )
    return document.image_url if isinstance(document.image_url, str) else document.image_url.url


def _ranges(pages: str | list[int]) -> list[tuple[int, int | None]]:
    """Pages as ranges, still counted from 0."""
    if isinstance(pages, str):
        return [_range(part) for part in pages.split(",")]
    if not pages:
        raise InvalidField("pages is empty: leave it out to read all", param="pages")
    return [(page, page) for page in pages]


def _range(text: str) -> tuple[int, int]:
    found = _RANGE.fullmatch(text)
    if not found:
        raise _invalid(text, "it is no page or range")
    first, last = int(found[1]), int(found[2] or found[1])
    if last < first:
        raise _invalid(text, "it ends before it begins")
    return first, last


def _invalid(text: str, why: str) -> InvalidField:
    return InvalidField(
        f'pages: "{text.strip()[:40]}": {why}; write pages, counted from 0, as "0,2-4" or [0, 2]', param="pages"
    )
